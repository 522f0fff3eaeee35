import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { destinationServer } from '../kit/destination.js';
import { resetTable } from '../kit/reset-table.js';
import {
  externalWorkloadRow,
  podBackend,
  podRow,
  serverRow,
  serviceProfileRow,
  serviceRow,
  sliceRow,
} from '../kit/rows.js';
import { until } from '../kit/until.js';

const authority = 'web.shop.svc.cluster.local:80';
const web = serviceRow('web', { clusterIps: ['10.96.0.1'] });
const fromClients = { contextToken: '{"ns":"clients","nodeName":"n1","pod":"curl-1"}' };

const plain = {
  fully_qualified_name: 'web.shop.svc.cluster.local',
  retry_budget: { min_retries_per_second: 10, ttl: { seconds: '10' } },
  dst_overrides: [{ authority, weight: 10_000 }],
  routes: [],
};

let server: Awaited<ReturnType<typeof destinationServer>>;

beforeEach(async () => {
  server = await destinationServer();
  server.mesh.apply({ service: web });
});

afterEach(async () => {
  await server.close();
});

function withoutService(): void {
  server.mesh.tables.services.delete(web.id);
  server.mesh.engine.flush();
}

describe('what can not be answered ends the call', () => {
  test.each([
    ['web', 'INVALID_ARGUMENT', expect.stringMatching(/^Invalid authority: web: expected /)],
    ['web.shop.svc.cluster.local.:80', 'INVALID_ARGUMENT', expect.stringContaining('Invalid authority')],
    ['[fe80::1%eth0]:80', 'INVALID_ARGUMENT', expect.stringContaining('without a zone')],
    ['10.0.0.1:65536', 'INVALID_ARGUMENT', expect.stringContaining('1 to 65535')],
    ['', 'INVALID_ARGUMENT', expect.stringContaining('expected host[:port]')],
    ['api.shop.svc.cluster.local:80', 'NOT_FOUND', 'Service api.shop not found'],
    ['x-0.api.shop.svc.cluster.local:80', 'NOT_FOUND', 'Service api.shop not found'],
    ['web-0.web.shop.svc.cluster.local:80', 'NOT_FOUND', 'Service web.shop has no instance web-0'],
    ['out.shop.svc.cluster.local:80', 'INVALID_ARGUMENT', expect.stringContaining('ExternalName')],
    ['out.shop.svc.cluster.local:81', 'INVALID_ARGUMENT', expect.stringContaining('ExternalName')],
    ['x-0.out.shop.svc.cluster.local:80', 'INVALID_ARGUMENT', expect.stringContaining('ExternalName')],
  ])('%s', async (path, code, details) => {
    server.mesh.apply({ service: serviceRow('out', { type: 'ExternalName', ports: [] }) });
    expect(await server.getProfile(path).next()).toEqual([{ end: { code, details } }]);
    expect(server.mesh.clientProfiles.stats().subscribers).toBe(0);
  });
});

describe('a stream about a service', () => {
  test.each([authority, '10.96.0.1:80', '[::ffff:10.96.0.1]:80'])('opens at once: %s', async (path) => {
    expect(await server.getProfile(path).next()).toMatchObject([plain]);
  });

  test('is told each new state whole', async () => {
    const stream = server.getProfile(authority, fromClients);
    await stream.next();
    server.mesh.apply({ service: { ...web, opaquePorts: [{ from: 80, to: 80 }] } });
    expect(await stream.next()).toMatchObject([{ ...plain, opaque_protocol: true }]);
    const overrides = [{ authority: 'v2.shop.svc.cluster.local', weight: 1 }];
    server.mesh.apply({ profile: serviceProfileRow('web', { overrides }, 'clients') });
    expect(await stream.next()).toMatchObject([
      {
        ...plain,
        opaque_protocol: true,
        dst_overrides: [{ authority: 'v2.shop.svc.cluster.local:80', weight: 1 }],
        profile_ref: { resource: { kind: 'ServiceProfile', namespace: 'clients' } },
      },
    ]);
    resetTable(server.mesh.tables.serviceProfiles, []);
    server.mesh.apply({ service: web });
    const [last] = await stream.next();
    expect(last).toMatchObject(plain);
    expect(last).not.toHaveProperty('opaque_protocol');
    expect(last).not.toHaveProperty('profile_ref');
  });

  test('outlives it, with an empty message, and resumes with it', async () => {
    const stream = server.getProfile(authority);
    await stream.next();
    withoutService();
    expect(await stream.next()).toEqual([{ routes: [], dst_overrides: [] }]);
    server.mesh.apply({ service: web });
    expect(await stream.next()).toMatchObject([plain]);
  });

  test('does not end when it becomes an ExternalName, which only refuses new streams', async () => {
    const stream = server.getProfile(authority);
    await stream.next();
    server.mesh.apply({ service: { ...web, type: 'ExternalName' } });
    expect(await stream.next()).toEqual([{ routes: [], dst_overrides: [] }]);
    server.mesh.apply({ service: web });
    expect(await stream.next()).toMatchObject([plain]);
  });

  test('about a port that it does not have opens empty, and is revised when it has', async () => {
    const stream = server.getProfile('web.shop.svc.cluster.local:81');
    expect(await stream.next()).toEqual([{ routes: [], dst_overrides: [] }]);
    server.mesh.apply({ service: { ...web, ports: [...web.ports, { name: 'admin', port: 81 }] } });
    expect(await stream.next()).toMatchObject([{ parent_ref: { resource: { name: 'web', port: 81 } } }]);
  });

  test('brings nothing for a change that alters nothing on the wire', async () => {
    const stream = server.getProfile(authority);
    await stream.next();
    server.mesh.apply(
      { profile: serviceProfileRow('web', {}, 'elsewhere') },
      { service: { ...web, internalTrafficPolicy: 'Local' } },
      { pod: podRow('web-1', { ips: ['10.0.0.1'] }) },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    server.mesh.apply({ service: { ...web, opaquePorts: [{ from: 80, to: 80 }] } });
    expect(await stream.next()).toMatchObject([{ opaque_protocol: true }]);
  });
});

describe('a stream about an address', () => {
  const pod = podRow('web-1', {
    controlPlaneNamespace: 'conduit',
    labels: { app: 'web' },
    ips: ['10.0.0.1'],
    hostIps: ['192.0.2.1'],
    hostPorts: [8080],
  });

  test.each([
    '10.0.0.1:8080',
    '192.0.2.1:8080',
  ])('follows the life of the pod that has it: %s', async (path) => {
    const stream = server.getProfile(path);
    const bare = { endpoint: { addr: { port: 8080 }, weight: 10_000, metric_labels: {} } };
    expect(await stream.next()).toMatchObject([bare]);
    server.mesh.apply({ pod: { ...pod, phase: 'ended' } });
    server.mesh.apply({ pod });
    expect(await stream.next()).toMatchObject([
      {
        endpoint: {
          metric_labels: { pod: 'web-1', namespace: 'shop', zone: '' },
          tls_identity: { server_name: { name: expect.stringContaining('default.shop.serviceaccount') } },
          protocol_hint: { protocol: 'h2' },
        },
      },
    ]);
    server.mesh.apply({ server: serverRow('s', 'web', { port: { kind: 'number', port: 8080 } }) });
    expect(await stream.next()).toMatchObject([
      { opaque_protocol: true, endpoint: { protocol_hint: { protocol: 'opaque' } } },
    ]);
    server.mesh.apply({ pod: { ...pod, phase: 'ended' } });
    const [ended] = (await stream.next()) as { endpoint: object }[];
    expect(ended).not.toHaveProperty('opaque_protocol');
    expect(Object.keys(ended!.endpoint).sort()).toEqual(['addr', 'metric_labels', 'weight']);
  });

  test('of nobody is answered at once, opaque by the mesh’s list', async () => {
    expect(await server.getProfile('203.0.113.9:3306').next()).toMatchObject([
      { opaque_protocol: true, endpoint: { addr: { port: 3306 }, weight: 10_000 } },
    ]);
  });
});

test('an instance that is an external workload, or not ready, is told like any other', async () => {
  const external = externalWorkloadRow('vm');
  const target = { kind: 'ExternalWorkload', id: external.id, uid: external.uid } as const;
  server.mesh.apply(
    { external },
    { pod: podRow('web-0') },
    {
      slice: sliceRow('web', 'a', [
        podBackend('10.0.0.1', 'web-0', { hostname: 'web-0', ready: false }),
        podBackend('192.0.2.1', '', { hostname: 'vm', target }),
      ]),
    },
  );
  expect(await server.getProfile(`web-0.${authority}`).next()).toMatchObject([
    { endpoint: { metric_labels: { pod: 'web-0' } } },
  ]);
  const stream = server.getProfile(`vm.${authority}`);
  expect(await stream.next()).toMatchObject([
    { endpoint: { tls_identity: { uri_like_identity: { uri: 'spiffe://root/vm' } } } },
  ]);
  withoutService();
  expect(await stream.next()).toEqual([{ routes: [], dst_overrides: [] }]);
});

test('streams from all namespaces share one encoding of a state, and go without a trace', async () => {
  const streams = Array.from({ length: 20 }, (_, nth) =>
    server.getProfile(authority, { contextToken: `{"ns":"ns-${nth}"}` }),
  );
  for (const stream of streams) await stream.next();
  server.mesh.apply({ service: { ...web, opaquePorts: [{ from: 80, to: 80 }] } });
  for (const stream of streams) expect(await stream.next()).toMatchObject([{ opaque_protocol: true }]);
  const metric = await server.registry.getSingleMetric('conduit_destination_encodings_total')?.get();
  expect(metric?.values.find(({ labels }) => labels['rpc'] === 'GetProfile')?.value).toBe(2);

  for (const stream of streams) stream.cancel();
  await until(() => server.mesh.clientProfiles.stats().subscribers === 0);
  server.mesh.scheduler.advance(60_000);
  expect(server.mesh.views.map((view) => view.stats().keys)).toEqual(server.mesh.views.map(() => 0));
});
