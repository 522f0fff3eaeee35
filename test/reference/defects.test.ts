import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readiness } from '../../src/commands/readiness.js';
import { serviceId } from '../../src/core/ids.js';
import { destinationServer } from '../kit/destination.js';
import {
  rawEndpoint,
  rawExternalWorkload,
  rawPod,
  rawServer,
  rawService,
  rawServiceProfile,
  rawSlice,
} from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { kubeMesh } from './kube-mesh.js';

// What users of the reference controller saw go wrong, each by what it did to them. Objects are raw, clients are on
// sockets.

const authority = 'web.default.svc.cluster.local:80';
const web = rawService('web');
const slice = (name: string, ...endpoints: readonly unknown[]) => rawSlice(name, 'web', { endpoints });
const http = (port: number) => [{ name: 'http', protocol: 'TCP', port }];

let server: Awaited<ReturnType<typeof destinationServer>>;
let cluster: ReturnType<typeof kubeMesh>;

beforeEach(async () => {
  server = await destinationServer();
  cluster = kubeMesh(server.mesh);
});

afterEach(async () => {
  await server.close();
});

describe('D1: addresses were told apart by their pods', () => {
  test('a changed target port adds the new address and removes the old', async () => {
    const endpoints = [rawEndpoint('10.0.0.1', 'web-1')];
    cluster.apply(web, rawPod('web-1'), rawSlice('web-a', 'web', { endpoints }));
    const stream = server.get(authority);
    expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
    cluster.apply(rawSlice('web-a', 'web', { endpoints, ports: http(9090) }));
    expect(await stream.next(2)).toEqual([{ add: ['10.0.0.1:9090'] }, { remove: ['10.0.0.1:8080'] }]);
  });

  test('a pod of the same name at a new address leaves the old one', async () => {
    cluster.apply(web, rawPod('web-0'), slice('web-a', rawEndpoint('10.0.0.1', 'web-0')));
    const stream = server.get(authority);
    await stream.next();
    cluster.apply(slice('web-a', rawEndpoint('10.0.0.2', 'web-0')));
    expect(await stream.next(2)).toEqual([{ add: ['10.0.0.2:8080'] }, { remove: ['10.0.0.1:8080'] }]);
  });
});

describe('D2: addresses were looked up once, at the event of their slice', () => {
  test('a pod that arrives after its slice is told at once', async () => {
    cluster.apply(web, slice('web-a', rawEndpoint('10.0.0.1', 'web-1')));
    const stream = server.get(authority);
    expect(await stream.next()).toEqual([{ noEndpoints: { exists: true } }]);
    cluster.apply(rawPod('web-1'));
    expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
  });

  test('a slice that is deleted after its pod leaves nothing behind', async () => {
    const [first, second] = ['web-1', 'web-2'].map((name) => rawPod(name));
    const doomed = slice('web-b', rawEndpoint('10.0.0.2', 'web-2'));
    cluster.apply(web, first!, second!, slice('web-a', rawEndpoint('10.0.0.1', 'web-1')), doomed);
    const stream = server.get(authority);
    await stream.next();
    cluster.delete(second!, doomed);
    expect(await stream.next()).toEqual([{ remove: ['10.0.0.2:8080'] }]);
  });
});

describe('D3: an instance that is no pod crashed the controller', () => {
  test.each([
    ['an external workload', { kind: 'ExternalWorkload', namespace: 'default', name: 'vm', uid: 'uid-vm' }],
    ['an external workload that isn’t there', { kind: 'ExternalWorkload', name: 'gone' }],
    ['a bare address', undefined],
    ['something unheard of', { kind: 'Machine', name: 'm' }],
  ])('%s has a profile', async (_, targetRef) => {
    cluster.apply(
      web,
      rawExternalWorkload('vm'),
      slice('web-a', rawEndpoint('192.0.2.1', '', { hostname: 'vm', targetRef })),
    );
    expect(await server.getProfile(`vm.${authority}`).next()).toMatchObject([
      { endpoint: { addr: { port: 80 }, weight: 10_000 } },
    ]);
  });
});

test('D4: an address that two slices hold stays until neither does', async () => {
  const shared = rawEndpoint('10.0.0.1', 'web-1');
  const later = slice('web-b', shared);
  cluster.apply(web, rawPod('web-1'), rawPod('web-2'), slice('web-a', shared), later);
  const stream = server.get(authority);
  expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
  cluster.apply(slice('web-a', rawEndpoint('10.0.0.2', 'web-2')));
  expect(await stream.next()).toEqual([{ add: ['10.0.0.2:8080'] }]);
  cluster.delete(later);
  expect(await stream.next()).toEqual([{ remove: ['10.0.0.1:8080'] }]);
});

describe('D5: once opaque, a profile stayed opaque', () => {
  const spec = {
    podSelector: { matchLabels: { app: 'web' } },
    externalWorkloadSelector: { matchLabels: { app: 'web' } },
    port: 8080,
  };

  test.each([
    ['a pod', rawPod('web-1', { ip: '10.0.0.1', labels: { app: 'web' } }), '10.0.0.1:8080'],
    ['an external workload', rawExternalWorkload('vm', { labels: { app: 'web' } }), '192.0.2.1:8080'],
  ])('%s goes by its Servers, whether they come, are edited or go', async (_, workload, path) => {
    cluster.apply(workload);
    const stream = server.getProfile(path);
    const isOpaque = async (): Promise<boolean> => {
      const [profile] = await stream.next();
      return (profile as { readonly opaque_protocol?: boolean }).opaque_protocol ?? false;
    };
    expect(await isOpaque()).toBe(false);
    cluster.apply(rawServer('s', { spec }));
    expect(await isOpaque()).toBe(true);
    cluster.apply(rawServer('s', { spec: { ...spec, proxyProtocol: 'HTTP/1' } }));
    expect(await isOpaque()).toBe(false);
    cluster.apply(rawServer('s', { spec }));
    expect(await isOpaque()).toBe(true);
    cluster.delete(rawServer('s'));
    expect(await isOpaque()).toBe(false);
  });
});

describe('D6: the last event of any Server decided for a port', () => {
  const hintOf = (client: ReturnType<typeof server.mesh.client>) =>
    client.set.parts.flatMap((part) => part.endpoints)[0]?.hint?.protocol;

  test('a port that two Servers name stays opaque while one of them is left', () => {
    const { mesh } = server;
    const labels = { app: 'web', 'conduit.io/control-plane-ns': 'conduit' };
    cluster.apply(web, rawPod('web-1', { labels }), slice('web-a', rawEndpoint('10.0.0.1', 'web-1')));
    const client = mesh.client('web', { service: serviceId('default', 'web') });
    const spec = { port: 8080 };
    cluster.apply(rawServer('a', { spec }), rawServer('b', { spec }));
    cluster.delete(rawServer('b'));
    expect(hintOf(client)).toBe('opaque');
    cluster.apply(rawServer('a', { spec: { port: 9999 } }));
    expect(hintOf(client)).toBe('h2');
  });

  test('a name matches the node’s port live, as it does at the start', async () => {
    const pod = rawPod('web-1', { labels: { app: 'web' } });
    const ports = [{ name: 'bytes', containerPort: 8080, hostPort: 18_080 }];
    cluster.apply({
      ...pod,
      spec: { containers: [{ name: 'app', ports }] },
      status: { phase: 'Running', hostIP: '192.0.2.7', podIP: '10.0.0.1' },
    });
    const early = server.getProfile('192.0.2.7:18080');
    await early.next();
    cluster.apply(rawServer('s', { spec: { port: 'bytes' } }));
    expect(await early.next()).toMatchObject([{ opaque_protocol: true }]);
    expect(await server.getProfile('192.0.2.7:18080').next()).toMatchObject([{ opaque_protocol: true }]);
  });
});

test('D7: an invalid selector for external workloads takes no address away', async () => {
  const targetRef = { kind: 'ExternalWorkload', namespace: 'default', name: 'vm', uid: 'uid-vm' };
  cluster.apply(
    web,
    rawExternalWorkload('vm', { labels: { app: 'web' } }),
    slice('web-a', rawEndpoint('192.0.2.1', '', { targetRef })),
  );
  const stream = server.get(authority);
  expect(await stream.next()).toEqual([{ add: ['192.0.2.1:8080'] }]);
  const externalWorkloadSelector = { matchExpressions: [{ key: 'app', operator: 'Near', values: ['web'] }] };
  cluster.apply(rawServer('bad', { spec: { podSelector: null, externalWorkloadSelector, port: 8080 } }));
  expect(await server.get(authority).next()).toEqual([{ add: ['192.0.2.1:8080'] }]);
  expect(stream.told).toHaveLength(1);
  expect(cluster.lines).toEqual([expect.objectContaining({ level: 'warn', kind: 'Server', name: 'bad' })]);
});

// D8 and D13 are about linked clusters and federated services, which this control plane doesn't have: what marks a
// service as one of them is not read.
test.each([
  ['D8: linked to another cluster', { labels: { 'multicluster.linkerd.io/remote-discovery': 'west' } }],
  ['D13: federated', { annotations: { 'multicluster.linkerd.io/remote-discovery': 'web@west,web@east' } }],
])('%s or not, a service has its local endpoints, and a stream that lasts', async (_, marks) => {
  cluster.apply(
    rawService('web', marks),
    rawPod('web-1'),
    rawPod('web-2'),
    slice('web-a', rawEndpoint('10.0.0.1', 'web-1')),
  );
  const stream = server.get(authority);
  expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
  cluster.apply(web);
  cluster.apply(slice('web-a', rawEndpoint('10.0.0.2', 'web-2')));
  expect(await stream.next(2)).toEqual([{ add: ['10.0.0.2:8080'] }, { remove: ['10.0.0.1:8080'] }]);
});

test('D9: a slice’s port without a number is no port, and no crash', async () => {
  const endpoints = [rawEndpoint('10.0.0.1', 'web-1')];
  const numberless = { name: 'http', protocol: 'TCP', port: null };
  cluster.apply(web, rawPod('web-1'), rawSlice('web-a', 'web', { endpoints, ports: [numberless] }));
  const stream = server.get(authority);
  expect(await stream.next()).toEqual([{ noEndpoints: { exists: true } }]);
  cluster.apply(rawSlice('web-a', 'web', { endpoints, ports: [numberless, ...http(8080)] }));
  expect(await stream.next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
});

test('D10: what was once asked for is forgotten, and leaves no series', async () => {
  cluster.apply(web);
  const streams = Array.from({ length: 30 }, (_, nth) => [
    server.getProfile(authority, { contextToken: `{"ns":"ns-${nth}"}` }),
    server.getProfile(`10.9.0.${nth}:80`),
    server.get(authority, { contextToken: `{"nodeName":"node-${nth}"}` }),
  ]).flat();
  for (const stream of streams) await stream.next();
  for (const stream of streams) stream.cancel();
  await until(() => server.server.openCalls().length === 0);
  const { mesh, registry } = server;
  mesh.scheduler.advance(60_000);
  expect(mesh.views.map((view) => view.stats().keys)).toEqual(mesh.views.map(() => 0));
  const metrics = await registry.metrics();
  expect(metrics).not.toMatch(/node-\d|ns-\d|10\.9\./);
  expect(metrics.split('\n').filter((line) => /[{,]service="/.test(line))).toEqual([]);
});

describe('D11: pods were followed by their declared ports, in no order', () => {
  const pod = (name: string, fields: object = {}, labels = {}) => ({
    ...rawPod(name, { ip: '10.0.0.1', labels: { 'conduit.io/control-plane-ns': 'conduit', ...labels } }),
    ...fields,
  });
  const named = (name: string) => ({ endpoint: { metric_labels: { pod: name } } });

  test('an address passes to the next pod, though that comes before the other goes', async () => {
    const leaving = rawPod('old', { ip: '10.0.0.1' });
    const metadata = { ...leaving.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' };
    cluster.apply(leaving);
    // A port that no container declares.
    const stream = server.getProfile('10.0.0.1:7');
    expect(await stream.next()).toMatchObject([named('old')]);
    cluster.apply({ ...leaving, metadata }, pod('new'));
    expect(await stream.next()).toMatchObject([named('new')]);
    cluster.delete(leaving);
    cluster.delete(pod('new'));
    const [last] = (await stream.next()) as { endpoint: object }[];
    expect(last!.endpoint).not.toHaveProperty('tls_identity');
    expect(stream.told).toHaveLength(3);
  });

  test('a running pod’s labels and annotations count when they are edited', async () => {
    cluster.apply(pod('web-1'));
    const stream = server.getProfile('10.0.0.1:7');
    await stream.next();
    cluster.apply(pod('web-1', {}, { 'pod-template-hash': 'h2' }));
    expect(await stream.next()).toMatchObject([{ endpoint: { metric_labels: { pod_template_hash: 'h2' } } }]);
    const annotated = rawPod('web-1', {
      ip: '10.0.0.1',
      annotations: { 'config.conduit.io/opaque-ports': '7' },
    });
    cluster.apply(annotated);
    expect(await stream.next()).toMatchObject([{ opaque_protocol: true }]);
  });
});

describe('D12: where there was nothing to say, nothing was said, until clients gave up', () => {
  test('a service without endpoints is answered', async () => {
    cluster.apply(web);
    expect(await server.get(authority).next()).toEqual([{ noEndpoints: { exists: true } }]);
  });

  test('a ServiceProfile of nonsense is answered with the defaults', async () => {
    cluster.apply(web, rawServiceProfile('web.default.svc.cluster.local', { retryBudget: { ttl: 'soon' } }));
    expect(await server.getProfile(authority).next()).toMatchObject([
      { retry_budget: { ttl: { seconds: '10' } }, profile_ref: { resource: { kind: 'ServiceProfile' } } },
    ]);
  });

  test('a meshed pod whose proxy’s environment can’t be read is told, in both RPCs', async () => {
    const labels = { 'conduit.io/control-plane-ns': 'conduit' };
    const env = [{ name: 'LINKERD2_PROXY_INBOUND_LISTEN_ADDR', value: 'nonsense' }];
    cluster.apply(
      web,
      {
        ...rawPod('web-1', { labels, ip: '10.0.0.1' }),
        spec: { containers: [{ name: 'conduit-proxy', env }] },
      },
      slice('web-a', rawEndpoint('10.0.0.1', 'web-1')),
    );
    expect(await server.get(authority).next()).toEqual([{ add: ['10.0.0.1:8080'] }]);
    expect(await server.getProfile('10.0.0.1:8080').next()).toMatchObject([
      { endpoint: { metric_labels: { pod: 'web-1' }, protocol_hint: { protocol: 'h2' } } },
    ]);
  });

  test('a service that isn’t there is NOT_FOUND, in both RPCs', async () => {
    const end = { code: 'NOT_FOUND', details: 'Service web.default not found' };
    expect(await server.get(authority).next()).toEqual([{ end }]);
    expect(await server.getProfile(authority).next()).toEqual([{ end }]);
  });

  test('the empty profile of a port that isn’t there is revised when it is', async () => {
    cluster.apply(web);
    const stream = server.getProfile('web.default.svc.cluster.local:81');
    expect(await stream.next()).toEqual([{ routes: [], dst_overrides: [] }]);
    cluster.apply(rawService('web', { spec: { ports: [{ port: 81 }] } }));
    expect(await stream.next()).toMatchObject([{ parent_ref: { resource: { port: 81 } } }]);
  });
});

describe('D14: one ServiceProfile that didn’t fit the types stopped all of them', () => {
  const name = 'web.default.svc.cluster.local';
  const route = { name: 'GET /', condition: { pathRegex: '/' } };

  test.each([
    ['opaque ports as a list', { opaquePorts: ['3306'], routes: [route] }],
    ['null among its routes', { routes: [null, route, { condition: null }] }],
    ['null for lists', { routes: [{ ...route, responseClasses: null }], dstOverrides: null }],
    ['null among response classes', { routes: [{ ...route, responseClasses: [null] }] }],
  ])('one with %s counts by what is right in it', async (_, spec) => {
    cluster.apply(web, rawService('api', { spec: { clusterIP: '10.96.0.11' } }));
    cluster.relist('ServiceProfile', [
      rawServiceProfile(name, spec),
      rawServiceProfile('api.default.svc.cluster.local', { routes: [route] }),
    ]);
    const told = { routes: [{ condition: { match: 'path' }, metrics_labels: { route: 'GET /' } }] };
    const [profile] = await server.getProfile(authority).next();
    expect(profile).toMatchObject(told);
    expect(profile).not.toHaveProperty('opaque_protocol');
    expect(await server.getProfile('api.default.svc.cluster.local:80').next()).toMatchObject([told]);
  });
});

describe('D15', () => {
  test('a port that is renamed is changed in all slices at once, and no client is left with less', async () => {
    const ports = [...http(8080), { name: 'admin', protocol: 'TCP', port: 9090 }];
    cluster.apply(
      web,
      rawPod('web-1'),
      rawPod('web-2'),
      rawSlice('web-a', 'web', { endpoints: [rawEndpoint('10.0.0.1', 'web-1')], ports }),
      rawSlice('web-b', 'web', { endpoints: [rawEndpoint('10.0.0.2', 'web-2')], ports }),
    );
    const stream = server.get(authority);
    await stream.next();
    cluster.apply(rawService('web', { spec: { ports: [{ name: 'admin', port: 80 }] } }));
    expect(await stream.next(2)).toEqual([
      { add: ['10.0.0.1:9090', '10.0.0.2:9090'] },
      { remove: ['10.0.0.1:8080', '10.0.0.2:8080'] },
    ]);
  });

  test('a controller that stops is not ready', () => {
    expect(readiness([], false, 0).ready).toBe(true);
    expect(readiness([], true, 0).ready).toBe(false);
  });

  test('an ExternalName is refused whether it declares the port or not', async () => {
    for (const ports of [undefined, [{ port: 80 }]]) {
      cluster.apply(rawService('web', { spec: { type: 'ExternalName', clusterIP: '', ports } }));
      const end = { code: 'INVALID_ARGUMENT', details: expect.stringContaining('ExternalName') };
      expect(await server.get(authority).next()).toEqual([{ end }]);
      expect(await server.getProfile(authority).next()).toEqual([{ end }]);
    }
  });
});
