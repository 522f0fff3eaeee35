import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { missingKinds, readiness } from '../../src/commands/readiness.js';
import { endpointsOf } from '../../src/core/endpoint-set.js';
import { serviceId } from '../../src/core/ids.js';
import { createAdminServer } from '../../src/runtime/admin.js';
import { createUpdateEncoder } from '../../src/wire/update.js';
import { decodeMessage } from '../kit/contract.js';
import { destinationServer } from '../kit/destination.js';
import { rawEndpoint, rawNode, rawPod, rawServer, rawService, rawSlice } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { kubeMesh } from './kube-mesh.js';

// What users of the reference controller reported from production, each by what it did to them. Objects are raw, clients
// are on sockets where the trouble was there.

const authority = 'web.default.svc.cluster.local:80';
const web = rawService('web');
const service = serviceId('default', 'web');
const slice = (name: string, ...endpoints: readonly unknown[]) => rawSlice(name, 'web', { endpoints });
const meshed = { 'conduit.io/control-plane-ns': 'conduit' };

let server: Awaited<ReturnType<typeof destinationServer>>;
let cluster: ReturnType<typeof kubeMesh>;

beforeEach(async () => {
  server = await destinationServer();
  cluster = kubeMesh(server.mesh);
});

afterEach(async () => {
  await server.close();
});

/** What is said of everything that a client of `web` is told of. */
function told(client: ReturnType<typeof server.mesh.client>) {
  return [...endpointsOf(client.set).values()];
}

test('1: a client that stops reading holds up nobody, and ends with the latest', async () => {
  const round = (nth: number) =>
    slice(
      'web-a',
      ...Array.from({ length: 500 }, (_, host) => ({ addresses: [`10.${nth}.${host >> 8}.${host & 255}`] })),
    );
  cluster.apply(web, round(0));
  const [stuck, healthy] = [server.get(authority), server.get(authority)];
  await stuck.next();
  await healthy.next();
  stuck.pause();
  for (let nth = 1; nth <= 15; nth++) {
    cluster.apply(round(nth));
    expect(await healthy.next(2)).toHaveLength(2);
  }
  // Of all these, no more is kept for it than one that is on its way.
  stuck.resume();
  const last = healthy.told.findLast((each) => 'add' in each);
  await until(() => JSON.stringify(stuck.told.findLast((each) => 'add' in each)) === JSON.stringify(last));
  expect(stuck.told.length).toBeLessThan(healthy.told.length);
});

describe('2: looking up many targets among many Servers never caught up', () => {
  test('1,400 lookups in a namespace of 700 Servers read the Servers once, and an edit concerns its own', () => {
    const { mesh } = server;
    const targets = Array.from({ length: 1_400 }, (_, nth) => ({
      ip: `10.1.${nth >> 8}.${nth & 255}`,
      labels: { app: `app-${nth % 700}` },
    }));
    cluster.relist(
      'Pod',
      targets.map(({ ip, labels }, nth) => rawPod(`p${nth}`, { ip, labels })),
    );
    const serverOf = (nth: number, port: number) =>
      rawServer(`s${nth}`, { spec: { podSelector: { matchLabels: { app: `app-${nth}` } }, port } });
    cluster.relist(
      'Server',
      Array.from({ length: 700 }, (_, nth) => serverOf(nth, 8080)),
    );
    const profiles = targets.map(({ ip }) => mesh.profile(`${ip}:8080`));
    expect(profiles.filter(({ value }) => value.kind === 'endpoint' && value.isOpaque)).toHaveLength(1_400);
    const computations = (name: string) =>
      mesh.views.find((view) => view.name === name)?.stats().computations;
    expect([computations('opaque_servers'), computations('workloads')]).toEqual([1, 1_400]);
    cluster.apply(serverOf(3, 9999));
    expect(computations('opaque_servers')).toBe(2);
    expect(profiles.map(({ publications }) => publications).filter((count) => count > 0)).toEqual([1, 1]);
  });
});

test('3: subscribers of one place share one set and its bytes, however many there are', async () => {
  const zones = { 'node-1': 'east', 'node-2': 'east', 'node-3': 'west' };
  const nodes = Object.entries(zones).map(([name, zone]) =>
    rawNode(name, { labels: { 'topology.kubernetes.io/zone': zone } }),
  );
  cluster.apply(web, rawPod('web-1'), slice('web-a', rawEndpoint('10.0.0.1', 'web-1')), ...nodes);
  const streams = Array.from({ length: 60 }, (_, nth) =>
    server.get(authority, { contextToken: `{"ns":"ns-${nth}","nodeName":"node-${(nth % 3) + 1}"}` }),
  );
  for (const stream of streams) await stream.next();
  const value = async (name: string) =>
    (await server.registry.getSingleMetric(name)?.get())?.values.map((each) => each.value);
  expect(await value('conduit_destination_snapshots')).toEqual([2]);
  expect((await value('conduit_destination_encodings_total'))?.[0]).toBe(2);
});

test('4: an address goes though its pod is long gone, and goes with either of the two', async () => {
  const pods = ['web-1', 'web-2'].map((name) => rawPod(name));
  const endpoints = [rawEndpoint('10.0.0.1', 'web-1'), rawEndpoint('10.0.0.2', 'web-2')];
  cluster.apply(web, ...pods, slice('web-a', ...endpoints));
  const stream = server.get(authority);
  await stream.next();
  cluster.delete(pods[0]!);
  expect(await stream.next()).toEqual([{ remove: ['10.0.0.1:8080'] }]);
  cluster.apply(slice('web-a'));
  expect(await stream.next()).toEqual([{ remove: ['10.0.0.2:8080'] }]);
  cluster.delete(pods[1]!);
  expect(stream.told).toHaveLength(3);
});

describe('5: slices of a service were mistaken for the service', () => {
  test('one that goes leaves the others', async () => {
    const pods = ['web-1', 'web-2'].map((name) => rawPod(name));
    const gone = slice('web-b', rawEndpoint('10.0.0.2', 'web-2'));
    cluster.apply(web, ...pods, slice('web-a', rawEndpoint('10.0.0.1', 'web-1')), gone);
    const stream = server.get(authority);
    await stream.next();
    cluster.delete(gone);
    expect(await stream.next()).toEqual([{ remove: ['10.0.0.2:8080'] }]);
  });

  test('one that says that an address is not ready takes none from one that says that it is', async () => {
    const stale = rawEndpoint('10.0.0.1', 'web-1', { conditions: { ready: false } });
    cluster.apply(web, rawPod('web-1'), slice('web-b', rawEndpoint('10.0.0.1', 'web-1')));
    const stream = server.get(authority);
    await stream.next();
    cluster.apply(slice('web-a', stale), slice('web-c', stale));
    cluster.apply(slice('web-b'));
    expect(await stream.next()).toEqual([{ remove: ['10.0.0.1:8080'] }]);
    expect(stream.told).toHaveLength(2);
  });

  test('an address that moves between them stays', async () => {
    const endpoint = rawEndpoint('10.0.0.1', 'web-1');
    cluster.apply(web, rawPod('web-1'), rawPod('web-2'), slice('web-a', endpoint), slice('web-b'));
    const stream = server.get(authority);
    await stream.next();
    cluster.apply(slice('web-a'), slice('web-b', endpoint));
    cluster.apply(slice('web-a', rawEndpoint('10.0.0.2', 'web-2')));
    expect(await stream.next()).toEqual([{ add: ['10.0.0.2:8080'] }]);
  });
});

test('6: no address is told before its pod is known, and then with all that belongs to it', () => {
  cluster.apply(web, slice('web-a', rawEndpoint('10.0.0.1', 'web-1')));
  const client = server.mesh.client('web', { service });
  expect(told(client)).toEqual([]);
  cluster.apply(rawPod('web-1', { labels: meshed }));
  expect(told(client)).toMatchObject([
    { workload: { name: 'web-1', identity: expect.stringContaining('default.default.') }, hint: {} },
  ]);
  expect(client.publications).toBe(1);
});

describe('7: pods that shared an address were an error, which grew until it broke connections', () => {
  const at = (name: string, { metadata = {}, spec = {}, status = {} }) => {
    const raw = rawPod(name, { ip: '10.0.0.1' });
    return {
      ...raw,
      metadata: { ...raw.metadata, ...metadata },
      spec: { ...(raw['spec'] as object), ...spec },
      status: { ...(raw['status'] as object), ...status },
    };
  };

  test.each([
    ['has succeeded', { status: { phase: 'Succeeded' } }],
    ['has failed', { status: { phase: 'Failed' } }],
    ['waits', { status: { phase: 'Pending' } }],
    ['is being deleted', { metadata: { deletionTimestamp: '2026-01-02T00:00:00Z' } }],
    ['is on its node’s network', { spec: { hostNetwork: true } }],
    ['is older', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } }],
  ])('one that %s gives way', async (_, difference) => {
    cluster.apply(at('other', difference), rawPod('web-1', { ip: '10.0.0.1' }), at('z-other', difference));
    expect(await server.getProfile('10.0.0.1:80').next()).toMatchObject([
      { endpoint: { metric_labels: { pod: 'web-1' } } },
    ]);
  });

  test('services that share a cluster IP are none either', async () => {
    cluster.apply(rawService('a'), rawService('b'));
    const stream = server.getProfile('10.96.0.10:80');
    expect(await stream.next()).toMatchObject([{ parent_ref: { resource: { name: 'a' } } }]);
    cluster.delete(rawService('a'));
    expect(await stream.next()).toMatchObject([{ parent_ref: { resource: { name: 'b' } } }]);
  });

  test('whatever ends a call says why in less than 1 KB', async () => {
    const name = 'a'.repeat(63);
    for (const path of [
      `${name}.${name}.svc.cluster.local:80`,
      `${name.repeat(50)}:80`,
      '\u{1f600}'.repeat(5_000),
    ]) {
      for (const stream of [server.get(path), server.getProfile(path)]) {
        const [last] = await stream.next();
        const { details } = (last as { end: { details: string } }).end;
        expect(Buffer.byteLength(encodeURI(details))).toBeLessThan(4_096);
        expect(Buffer.byteLength(details)).toBeLessThan(1_024);
      }
    }
  });
});

test('8: an address that passes to another pod is never told with the identity of the one before', async () => {
  const encoder = createUpdateEncoder(undefined);
  const pod = (name: string, uid: string, serviceAccountName: string) =>
    rawPod(name, { uid, serviceAccountName, labels: meshed, ip: '10.0.0.1' });
  const endpoint = (name: string, uid: string) =>
    rawEndpoint('10.0.0.1', name, { targetRef: { kind: 'Pod', namespace: 'default', name, uid } });
  cluster.apply(web, pod('web-0', 'u1', 'old'), slice('web-a', endpoint('web-0', 'u1')));
  const client = server.mesh.client('web', { service });
  const before = client.set;

  // The pod is replaced by one of the same name and address, of which the slice doesn't know yet.
  cluster.apply(pod('web-0', 'u2', 'new'));
  expect(told(client)).toEqual([]);
  cluster.apply(slice('web-a', endpoint('web-0', 'u2')));
  const [added] = encoder
    .delta(before, client.set)
    .map((bytes) => decodeMessage('io.linkerd.proxy.destination.Update', bytes));
  expect(added).toMatchObject({
    add: { addrs: [{ tls_identity: { server_name: { name: expect.stringMatching(/^new\.default\./) } } }] },
  });
});

test('9: pods that come and go leave nothing behind', async () => {
  cluster.apply(web);
  const stream = server.get(authority);
  await stream.next();
  const { mesh } = server;
  for (let nth = 0; nth < 300; nth++) {
    const ip = `10.${nth >> 8}.0.${nth & 255}`;
    const pod = rawPod(`web-${nth}`, { ip, owners: [{ kind: 'ReplicaSet', name: `web-${nth}` }] });
    cluster.apply(pod, slice('web-a', rawEndpoint(ip, pod.metadata.name)));
    mesh.profile(`${ip}:80`).close();
    cluster.delete(pod);
  }
  cluster.apply(slice('web-a'));
  mesh.scheduler.advance(60_000);
  const held = mesh.views.map((view) => [view.name, view.stats().keys] as const);
  expect(Math.max(...held.map(([, keys]) => keys))).toBeLessThanOrEqual(1);
  expect([mesh.tables.pods.size, mesh.tables.pods.observed]).toEqual([0, 0]);
});

test('10: what serves streams has no way to the API server', () => {
  const imports = ['grpc', 'wire', 'mesh', 'engine', 'core'].flatMap((folder) =>
    readdirSync(`src/${folder}`).flatMap((file) =>
      [...readFileSync(`src/${folder}/${file}`, 'utf8').matchAll(/from '(?<path>[^']+)'/g)].map(
        ({ groups }) => groups?.['path'] ?? '',
      ),
    ),
  );
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter((path) => /kube|node:https?$|^undici/.test(path))).toEqual([]);
});

test('11: what a client was told is not changed by what comes after', () => {
  cluster.apply(web, rawPod('web-1'), slice('web-a', rawEndpoint('10.0.0.1', 'web-1')));
  const client = server.mesh.client('web', { service });
  const before = client.set;
  const copy = structuredClone(before);
  cluster.apply(rawPod('web-2'), slice('web-a', rawEndpoint('10.0.0.2', 'web-2')));
  cluster.delete(rawService('web'));
  expect(before).toEqual(copy);
  expect(client.set).not.toBe(before);
});

describe('12: pods that talk to each other directly had to be ready, on declared ports', () => {
  const name = `db-0.${authority}`;
  const endpoint = rawEndpoint('10.0.0.1', 'db-0', { hostname: 'db-0', conditions: { ready: false } });

  test('one that runs and isn’t ready is known, by address and by name', async () => {
    const pod = rawPod('db-0', { ip: '10.0.0.1', labels: meshed });
    cluster.apply(web, pod, slice('web-a', endpoint));
    const known = { endpoint: { metric_labels: { pod: 'db-0' }, tls_identity: {} } };
    expect(await server.getProfile('10.0.0.1:7000').next()).toMatchObject([known]);
    expect(await server.getProfile(name).next()).toMatchObject([known]);
  });

  test('one that only just starts is known as soon as it runs, on ports of init containers as on any', async () => {
    const pod = rawPod('db-0', { ip: '10.0.0.1' });
    const spec = { initContainers: [{ name: 'sidecar', ports: [{ containerPort: 7000 }] }], containers: [] };
    cluster.apply(
      web,
      { ...pod, spec, status: { phase: 'Pending', podIP: '10.0.0.1' } },
      slice('web-a', endpoint),
    );
    const streams = ['10.0.0.1:7000', '10.0.0.1:7001', name].map((path) => server.getProfile(path));
    for (const stream of streams) await stream.next();
    cluster.apply({ ...pod, spec });
    for (const stream of streams) {
      expect(await stream.next()).toMatchObject([{ endpoint: { metric_labels: { pod: 'db-0' } } }]);
    }
  });
});

describe('13: one bad Server, or too many, broke the rest', () => {
  const pod = rawPod('web-1', { ip: '10.0.0.1', labels: { app: 'web' } });

  test('an invalid selector concerns its own Server alone, and is told of', () => {
    const podSelector = { matchLabels: { 'not a label!': 'x' } };
    cluster.apply(
      pod,
      rawServer('bad', { spec: { podSelector } }),
      rawServer('good', { spec: { port: 8080 } }),
    );
    expect(server.mesh.profile('10.0.0.1:8080').value).toMatchObject({ isOpaque: true });
    expect(cluster.lines).toEqual([expect.objectContaining({ level: 'warn', name: 'bad' })]);
  });

  test('a Server counts in its own namespace alone', () => {
    cluster.apply(pod, rawServer('s', { namespace: 'other', spec: { port: 8080 } }));
    expect(server.mesh.profile('10.0.0.1:8080').value).toMatchObject({ isOpaque: false });
  });

  test('a Server whose selector is edited lets go of what it selected', () => {
    cluster.apply(pod, rawServer('s', { spec: { port: 8080 } }));
    const profile = server.mesh.profile('10.0.0.1:8080');
    cluster.apply(rawServer('s', { spec: { port: 8080, podSelector: { matchLabels: { app: 'api' } } } }));
    expect(profile.value).toMatchObject({ isOpaque: false });
    cluster.apply(rawServer('s', { resourceVersion: '3', spec: { port: 8080, podSelector: null } }));
    expect([profile.value, profile.publications]).toMatchObject([{ isOpaque: false }, 1]);
  });

  test('listing hundreds of Servers anew tells nobody anything', async () => {
    const servers = Array.from({ length: 500 }, (_, nth) => rawServer(`s${nth}`, { spec: { port: 8080 } }));
    cluster.apply(pod);
    cluster.relist('Server', servers);
    const stream = server.getProfile('10.0.0.1:8080');
    await stream.next();
    const { computations } = server.mesh.clientProfiles.stats();
    for (let round = 2; round < 5; round++) {
      cluster.relist(
        'Server',
        servers.map((raw) => ({ ...raw, metadata: { ...raw.metadata, resourceVersion: `${round}` } })),
      );
    }
    expect(server.mesh.clientProfiles.stats()).toMatchObject({ computations, publications: 0 });
    expect(stream.told).toHaveLength(1);
  });
});

test('14: a connection may carry as many streams as its client likes, and is told so', async () => {
  cluster.apply(web);
  const session = connect(`http://${server.address}`);
  const settings = await new Promise((resolve) => session.on('remoteSettings', resolve));
  expect(settings).toMatchObject({ maxConcurrentStreams: 2 ** 31 - 1 });
  session.destroy();
  const streams = Array.from({ length: 120 }, (_, nth) => server.get(`i-${nth}.${authority}`));
  for (const stream of streams) expect(await stream.next()).toEqual([{ noEndpoints: { exists: true } }]);
  expect(server.server.openCalls()).toHaveLength(120);
});

test('15: a controller that waits for its first lists lives, isn’t ready, and says what it waits for', async () => {
  const watch = { kind: 'Pod', synced: false, phase: { kind: 'listing' } } as never;
  const admin = await createAdminServer({
    address: { host: '127.0.0.1', port: 0 },
    registry: new Registry(),
    log: recordingLog().log,
    readiness: () => readiness([watch], false, 0),
  });
  try {
    const [live, ready] = await Promise.all(
      ['live', 'ready'].map((path) => fetch(`http://${admin.address}/${path}`)),
    );
    expect([live!.status, ready!.status]).toEqual([200, 503]);
    expect(await ready!.text()).toContain('watch Pod');
    expect(missingKinds([watch])).toBe('still syncing: Pod');
  } finally {
    await admin.close();
  }
});
