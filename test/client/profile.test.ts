import { afterEach, describe, expect, test } from 'vitest';
import { followProfile, getProfile, type ProfileEvent } from '../../src/client/profile.js';
import { until } from '../kit/until.js';
import { ScriptedDestination, tcp } from './scripted-destination.js';

const authority = 'web.shop.svc.cluster.local:80';
const contextToken = '{"ns":"shop"}';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function listen(port = 0): Promise<ScriptedDestination> {
  const server = await ScriptedDestination.listen({ port });
  cleanups.push(() => server.kill());
  return server;
}

/** Follows a profile and collects what it sees, each event as a line. */
function follow(address: string, options: { firstAnswerMs?: number } = {}) {
  const controller = new AbortController();
  const { signal } = controller;
  const seen: string[] = [];
  const over = (async () => {
    const events = followProfile({ address, authority, contextToken, signal, maxRetryMs: 200, ...options });
    for await (const event of events) seen.push(inWords(event));
    seen.push('over');
  })();
  cleanups.push(() => controller.abort());
  return {
    stop: () => controller.abort(),
    over,
    seen,
    next: async (count = 1) => {
      await until(() => seen.length >= count, { what: `${count} events` });
      return seen.splice(0);
    },
  };
}

function inWords(event: ProfileEvent): string {
  switch (event.kind) {
    case 'snapshot':
    case 'change':
      return `${event.kind} ${event.profile.fullyQualifiedName} ${event.profile.isOpaque ? 'opaque' : 'plain'}`;
    case 'lost':
    case 'rejected':
      return `${event.kind} ${event.failure.code}`;
  }
}

describe('following', () => {
  test('takes each message for the whole, and none that changes nothing', async () => {
    const server = await listen();
    const follower = follow(server.address);
    const call = await server.nextCall();
    expect([call.method, call.request]).toEqual([
      'GetProfile',
      { path: authority, context_token: contextToken },
    ]);
    call.send({ fully_qualified_name: 'web', opaque_protocol: true });
    expect(await follower.next()).toEqual(['snapshot web opaque']);
    call.send({ fully_qualified_name: 'web', opaque_protocol: true });
    call.send({ fully_qualified_name: 'web' });
    call.send({});
    expect(await follower.next(2)).toEqual(['change web plain', 'change undefined plain']);
    follower.stop();
    await follower.over;
    expect(follower.seen).toEqual(['over']);
    await until(() => call.cancelled);
  });

  test('goes on with another stream where one ends', async () => {
    const server = await listen();
    const follower = follow(server.address);
    (await server.nextCall()).fail('NOT_FOUND', 'no such service');
    expect(await follower.next()).toEqual(['lost NOT_FOUND']);
    const call = await server.nextCall();
    call.send({ fully_qualified_name: 'web' });
    expect(await follower.next()).toEqual(['snapshot web plain']);
    call.end();
    expect(await follower.next()).toEqual(['lost OK']);
    (await server.nextCall()).send({ fully_qualified_name: 'web' });
    expect(await follower.next()).toEqual(['snapshot web plain']);
  });

  test('ends where asking is pointless', async () => {
    const server = await listen();
    const follower = follow(server.address);
    (await server.nextCall()).fail('INVALID_ARGUMENT', 'never');
    await follower.over;
    expect(follower.seen).toEqual(['rejected INVALID_ARGUMENT', 'over']);
  });

  test('doesn’t wait for ever for the first message, and for ever for the next', async () => {
    const server = await listen();
    const follower = follow(server.address, { firstAnswerMs: 50 });
    const silent = await server.nextCall();
    expect(await follower.next()).toEqual(['lost DEADLINE_EXCEEDED']);
    await until(() => silent.cancelled);
    (await server.nextCall()).send({ fully_qualified_name: 'web' });
    expect(await follower.next()).toEqual(['snapshot web plain']);
    expect(server.calls).toBe(2);
  });
});

test('a profile of a service is decoded whole', async () => {
  const server = await listen();
  const { signal } = new AbortController();
  const answer = getProfile({ address: server.address, authority, signal, timeoutMs: 5_000 });
  const method = { method: { registered: 'POST' } };
  (await server.nextCall()).send({
    fully_qualified_name: 'web.shop.svc.cluster.local',
    opaque_protocol: true,
    routes: [
      {
        condition: {
          all: {
            matches: [
              method,
              { not: { path: { regex: '/a.*' } } },
              { any: { matches: [{ method: { unregistered: 'BREW' } }, {}] } },
            ],
          },
        },
        response_classes: [
          { condition: { status: { min: 500, max: 599 } }, is_failure: true },
          {
            condition: {
              any: { matches: [{ not: { status: { min: 404, max: 404 } } }, { all: { matches: [] } }] },
            },
          },
          { is_failure: true },
          { condition: { status: { min: 0, max: 299 } }, is_failure: true },
        ],
        metrics_labels: { route: 'POST', app: 'web' },
        is_retryable: true,
        timeout: { seconds: 1, nanos: 500_000_000 },
      },
      { metrics_labels: { route: 'no condition' } },
      { condition: { not: {} } },
    ],
    retry_budget: { retry_ratio: 0.2, min_retries_per_second: 10, ttl: { seconds: 10 } },
    dst_overrides: [{ authority: 'other:80', weight: 5 }],
    parent_ref: { resource: { group: 'core', kind: 'Service', name: 'web', namespace: 'shop', port: 80 } },
    profile_ref: { resource: { group: 'linkerd.io', kind: 'ServiceProfile', name: 'sp', namespace: 'shop' } },
  });
  expect(await answer).toEqual({
    ok: true,
    profile: {
      fullyQualifiedName: 'web.shop.svc.cluster.local',
      isOpaque: true,
      routes: [
        {
          labels: new Map([
            ['app', 'web'],
            ['route', 'POST'],
          ]),
          condition: {
            kind: 'all',
            matches: [
              { kind: 'method', method: 'POST' },
              { kind: 'not', match: { kind: 'path', regex: '/a.*' } },
              { kind: 'any', matches: [{ kind: 'method', method: 'BREW' }] },
            ],
          },
          responseClasses: [
            { condition: { kind: 'status', min: 500, max: 599 }, isFailure: true },
            {
              condition: {
                kind: 'any',
                matches: [
                  { kind: 'not', match: { kind: 'status', min: 404, max: 404 } },
                  { kind: 'all', matches: [] },
                ],
              },
              isFailure: false,
            },
          ],
          isRetryable: true,
          timeoutMs: 1_500,
        },
      ],
      retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttlMs: 10_000 },
      overrides: [{ authority: 'other:80', weight: 5 }],
      endpoint: undefined,
      parent: { group: 'core', kind: 'Service', name: 'web', namespace: 'shop', section: '', port: 80 },
      source: {
        group: 'linkerd.io',
        kind: 'ServiceProfile',
        name: 'sp',
        namespace: 'shop',
        section: '',
        port: 0,
      },
    },
  });
});

test('a profile of an endpoint has that, with labels of its own only', async () => {
  const server = await listen();
  const { signal } = new AbortController();
  const answer = getProfile({ address: server.address, authority: '10.0.0.1:80', signal, timeoutMs: 5_000 });
  const endpoint = { addr: tcp('10.0.0.1', 80), weight: 10_000, metric_labels: { pod: 'web-1' } };
  (await server.nextCall()).send({ endpoint });
  expect(await answer).toMatchObject({
    ok: true,
    profile: {
      fullyQualifiedName: undefined,
      endpoint: { ip: '10.0.0.1', port: 80, labels: new Map([['pod', 'web-1']]) },
      retryBudget: undefined,
      parent: undefined,
    },
  });
});

test('a question without an answer says why', async () => {
  const server = await listen();
  const { signal } = new AbortController();
  const { address } = server;
  const unanswered = getProfile({ address, authority, signal, timeoutMs: 50 });
  expect(await unanswered).toEqual({
    ok: false,
    failure: { code: 'DEADLINE_EXCEEDED', message: 'no answer within 50 ms' },
  });
  const stopped = AbortSignal.abort();
  expect(await getProfile({ address, authority, signal: stopped, timeoutMs: 50 })).toEqual({
    ok: false,
    failure: { code: 'CANCELLED', message: 'interrupted' },
  });
});
