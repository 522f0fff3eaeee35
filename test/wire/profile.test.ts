import { describe, expect, test } from 'vitest';
import { serviceProfileId } from '../../src/core/ids.js';
import { noProfile, type Profile, type ServiceDestination } from '../../src/core/profile.js';
import {
  defaultRetryBudget,
  type RequestMatch,
  type ResponseMatch,
  type Route,
} from '../../src/core/routes.js';
import { createProfileEncoder } from '../../src/wire/profile.js';
import { decodeMessage } from '../kit/contract.js';

const encoder = createProfileEncoder({
  flowControl: undefined,
  keepAlive: { intervalMs: 10_000, timeoutMs: 3_000, whileIdle: true },
  internals: undefined,
});

function decode(messages: readonly Uint8Array[]): unknown {
  expect(messages).toHaveLength(1);
  return decodeMessage('io.linkerd.proxy.destination.DestinationProfile', messages[0]!);
}

const web: ServiceDestination = {
  kind: 'service',
  namespace: 'shop',
  name: 'web',
  port: 80,
  fullyQualifiedName: 'web.shop.svc.cluster.local',
  isOpaque: false,
  routes: [],
  retryBudget: defaultRetryBudget,
  overrides: [],
  source: undefined,
};

/** Lists that are empty on the wire are read as such. */
const noLists = { routes: [], dst_overrides: [] };

const plain = {
  ...noLists,
  fully_qualified_name: 'web.shop.svc.cluster.local',
  retry_budget: {
    retry_ratio: expect.closeTo(0.2, 6) as unknown,
    min_retries_per_second: 10,
    ttl: { seconds: '10' },
  },
  parent_ref: {
    kind: 'resource',
    resource: { group: 'core', kind: 'Service', name: 'web', namespace: 'shop', port: 80 },
  },
};

describe('a service', () => {
  test('without a ServiceProfile has its name, the default budget and the reference to itself', () => {
    expect(decode(encoder.snapshot(web))).toEqual(plain);
  });

  test('under a ServiceProfile has all of it', () => {
    const profile: Profile = {
      ...web,
      isOpaque: true,
      retryBudget: { retryRatio: 0.5, minRetriesPerSecond: 0, ttlMs: 1_500 },
      overrides: [
        { authority: 'v1.shop.svc.cluster.local:80', weight: 9_000 },
        { authority: 'v2.shop.svc.cluster.local:8080', weight: 4_294_967_295 },
      ],
      routes: [
        {
          name: 'GET /',
          condition: { kind: 'path', regex: '/' },
          responseClasses: [{ condition: { kind: 'status', min: 500, max: 599 }, isFailure: true }],
          isRetryable: true,
          timeoutMs: 300,
        },
      ],
      source: serviceProfileId('clients', 'web.shop.svc.cluster.local'),
    };
    expect(decode(encoder.snapshot(profile))).toEqual({
      ...plain,
      opaque_protocol: true,
      retry_budget: { retry_ratio: 0.5, ttl: { seconds: '1', nanos: 500_000_000 } },
      dst_overrides: [
        { authority: 'v1.shop.svc.cluster.local:80', weight: 9_000 },
        { authority: 'v2.shop.svc.cluster.local:8080', weight: 4_294_967_295 },
      ],
      routes: [
        {
          condition: { match: 'path', path: { regex: '/' } },
          response_classes: [
            { condition: { match: 'status', status: { min: 500, max: 599 } }, is_failure: true },
          ],
          metrics_labels: { route: 'GET /' },
          is_retryable: true,
          timeout: { nanos: 300_000_000 },
        },
      ],
      profile_ref: {
        kind: 'resource',
        resource: {
          group: 'linkerd.io',
          kind: 'ServiceProfile',
          name: 'web.shop.svc.cluster.local',
          namespace: 'clients',
        },
      },
    });
  });

  test('has its routes in their order, those without a timeout without one', () => {
    const routes = ['b', 'a', ''].map(
      (name): Route => ({
        name,
        condition: { kind: 'method', method: 'GET' },
        responseClasses: [],
        isRetryable: false,
        timeoutMs: undefined,
      }),
    );
    const common = {
      condition: { match: 'method', method: { type: 'registered', registered: 'GET' } },
      response_classes: [],
    };
    expect(decode(encoder.snapshot({ ...web, routes }))).toEqual({
      ...plain,
      routes: [
        { ...common, metrics_labels: { route: 'b' } },
        { ...common, metrics_labels: { route: 'a' } },
        { ...common, metrics_labels: { route: '' } },
      ],
    });
  });
});

const endpoint: Profile = {
  kind: 'endpoint',
  isOpaque: true,
  endpoint: {
    ip: 'fd00::1',
    port: 3306,
    weight: 10_000,
    zone: undefined,
    workload: undefined,
    hint: { protocol: 'opaque', transportPort: undefined },
    gateway: undefined,
  },
};

test('an endpoint is told by itself, with the default budget and without a name', () => {
  const { retry_budget } = plain;
  expect(decode(encoder.snapshot(endpoint))).toEqual({
    ...noLists,
    retry_budget,
    opaque_protocol: true,
    endpoint: {
      addr: {
        ip: { ip: 'ipv6', ipv6: { first: String(0xfd00n << 48n), last: '1' } },
        port: 3306,
      },
      weight: 10_000,
      metric_labels: {},
      protocol_hint: { protocol: 'opaque', opaque: {} },
      http2: { keep_alive: { interval: { seconds: '10' }, timeout: { seconds: '3' }, while_idle: true } },
    },
  });
});

test('where nothing can be said, the message is empty', () => {
  expect(encoder.snapshot(noProfile).map(({ length }) => length)).toEqual([0]);
});

test('each later state is told whole, whatever was before', () => {
  expect(decode(encoder.delta(endpoint, web))).toEqual(plain);
  expect(decode(encoder.delta(web, noProfile))).toEqual(noLists);
});

test('a state that says the same is not told again', () => {
  expect(encoder.delta(web, { ...web })).toEqual([]);
});

describe('conditions', () => {
  const condition = (match: RequestMatch): unknown => {
    const route: Route = {
      name: '',
      condition: match,
      responseClasses: [],
      isRetryable: false,
      timeoutMs: undefined,
    };
    const decoded = decode(encoder.snapshot({ ...web, routes: [route] }));
    return (decoded as { routes: { condition: unknown }[] }).routes[0]!.condition;
  };

  test('of a request are trees of any depth', () => {
    const path: RequestMatch = { kind: 'path', regex: '/x' };
    expect(
      condition({
        kind: 'all',
        matches: [
          { kind: 'any', matches: [path] },
          { kind: 'not', match: path },
        ],
      }),
    ).toEqual({
      match: 'all',
      all: {
        matches: [
          { match: 'any', any: { matches: [{ match: 'path', path: { regex: '/x' } }] } },
          { match: 'not', not: { match: 'path', path: { regex: '/x' } } },
        ],
      },
    });
  });

  test.each([
    'GET',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'CONNECT',
    'HEAD',
    'TRACE',
  ])('name the method %s by its number', (method) => {
    expect(condition({ kind: 'method', method })).toEqual({
      match: 'method',
      method: { type: 'registered', registered: method },
    });
  });

  test('name any other method by its text', () => {
    expect(condition({ kind: 'method', method: 'PROPFIND' })).toEqual({
      match: 'method',
      method: { type: 'unregistered', unregistered: 'PROPFIND' },
    });
  });

  test('of a response are trees, too', () => {
    const status: ResponseMatch = { kind: 'status', min: 200, max: 299 };
    const route: Route = {
      name: '',
      condition: { kind: 'path', regex: '/' },
      responseClasses: [
        { condition: { kind: 'not', match: status }, isFailure: true },
        { condition: { kind: 'any', matches: [{ kind: 'all', matches: [status] }] }, isFailure: false },
      ],
      isRetryable: false,
      timeoutMs: undefined,
    };
    const range = { match: 'status', status: { min: 200, max: 299 } };
    expect(decode(encoder.snapshot({ ...web, routes: [route] }))).toMatchObject({
      routes: [
        {
          response_classes: [
            { condition: { match: 'not', not: range }, is_failure: true },
            { condition: { match: 'any', any: { matches: [{ match: 'all', all: { matches: [range] } }] } } },
          ],
        },
      ],
    });
  });
});
