import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExplainedAddress } from '../../src/core/endpoint-explanation.js';
import { addressKey } from '../../src/core/endpoint.js';
import { externalWorkloadId, nodeName, podId, serverId, serviceId, zone } from '../../src/core/ids.js';
import type { ClientEndpointsKey } from '../../src/mesh/client-endpoints.js';
import type { Backend } from '../../src/mesh/rows.js';
import { testMesh } from '../kit/mesh.js';
import {
  bareBackend,
  externalWorkloadRow,
  nodeRow,
  podBackend,
  podRow,
  serverRow,
  serviceRow,
  sliceRow,
} from '../kit/rows.js';
import { clusterRows } from './random-cluster.js';

type TestMesh = ReturnType<typeof testMesh>;

const web = { service: serviceRow('web') };
const east = zone('east');
const west = zone('west');

function explain(mesh: TestMesh, key: Partial<ClientEndpointsKey> = {}) {
  return mesh.endpointExplanations.read({
    service: serviceId('shop', 'web'),
    port: 80,
    hostname: undefined,
    node: undefined,
    ...key,
  });
}

/** `address: kind of verdict` of each, in order. */
function verdicts(mesh: TestMesh, key: Partial<ClientEndpointsKey> = {}): readonly string[] {
  return explain(mesh, key).addresses.map(({ ip, port, verdict }) => {
    const address = port === undefined ? ip : addressKey(ip, port);
    return `${address}: ${verdict.kind === 'served' ? 'served' : verdict.exclusion.kind}`;
  });
}

test('says of every address whether it is served, and of a client where it is', () => {
  const mesh = testMesh();
  mesh.apply(
    web,
    { node: nodeRow('n1', 'east') },
    { pod: podRow('web-1', { controlPlaneNamespace: 'conduit' }) },
    {
      slice: sliceRow('web', 'a', [
        podBackend('10.0.0.10', 'web-1', { zone: west, forZones: [east, west] }),
        podBackend('10.0.0.9', 'web-2', { ready: false }),
      ]),
    },
  );
  expect(explain(mesh, { node: nodeName('n1') })).toEqual({
    service: { namespace: 'shop', name: 'web', type: 'ClusterIP', internalTrafficPolicy: 'Cluster' },
    port: { kind: 'named', port: 80, name: 'http' },
    hostname: undefined,
    client: { node: 'n1', nodeIsKnown: true, zone: 'east' },
    rule: { kind: 'own-zone', zone: 'east' },
    unhinted: undefined,
    addresses: [
      {
        ip: '10.0.0.9',
        port: 8080,
        object: 'shop/web-a',
        workload: { kind: 'Pod', id: 'shop/web-2' },
        zone: undefined,
        forZones: undefined,
        verdict: { kind: 'excluded', exclusion: { kind: 'not-ready' } },
      },
      {
        ip: '10.0.0.10',
        port: 8080,
        object: 'shop/web-a',
        workload: { kind: 'Pod', id: 'shop/web-1' },
        zone: 'west',
        forZones: ['east', 'west'],
        verdict: { kind: 'served', notes: [] },
      },
    ],
  });
});

test('of a service that does not exist is that', () => {
  const mesh = testMesh();
  mesh.apply({ slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')]) });
  const { service, addresses } = explain(mesh);
  expect([service, addresses]).toEqual([undefined, []]);
});

describe('an address is excluded', () => {
  function only(backend: Backend, key: Partial<ClientEndpointsKey> = {}, mesh = testMesh()) {
    mesh.apply(web, { slice: sliceRow('web', 'a', [backend]) });
    const [address, ...more] = explain(mesh, key).addresses;
    expect(more).toEqual([]);
    return exclusionOf(address);
  }

  function exclusionOf(address: ExplainedAddress | undefined) {
    if (address?.verdict.kind !== 'excluded') throw new Error('served');
    return address.verdict.exclusion;
  }

  test('where it is not ready', () => {
    expect(only(bareBackend('10.0.0.1', { ready: false }))).toEqual({ kind: 'not-ready' });
  });

  test('where its object does not have the port', () => {
    const mesh = testMesh();
    const grpc = [{ name: 'grpc', port: 8080 }];
    mesh.apply(
      web,
      { slice: sliceRow('web', 'a', [bareBackend('10.0.0.1')], grpc) },
      { slice: sliceRow('web', 'b', [bareBackend('10.0.0.2')], []) },
    );
    expect(explain(mesh).addresses.map(({ port, verdict }) => [port, verdict])).toEqual([
      [undefined, { kind: 'excluded', exclusion: { kind: 'port-name-absent', portName: 'http' } }],
      [undefined, { kind: 'excluded', exclusion: { kind: 'port-name-absent', portName: 'http' } }],
    ]);
    expect(verdicts(mesh, { port: 9000 })).toEqual(['10.0.0.1:9000: served', '10.0.0.2: no-ports']);
  });

  test('where it is another instance', () => {
    const backend = bareBackend('10.0.0.1', { hostname: 'web-1' });
    expect(only(backend, { hostname: 'web-0' })).toEqual({ kind: 'other-instance', hostname: 'web-1' });
  });

  test('where its pod is unknown, or a later one of the same name', () => {
    const mesh = testMesh();
    expect(only(podBackend('10.0.0.1', 'web-1'), {}, mesh)).toEqual({
      kind: 'workload-unknown',
      workload: { kind: 'Pod', id: 'shop/web-1', uid: 'uid-web-1' },
    });
    mesh.apply({ pod: podRow('web-1', { uid: 'second' }) });
    expect(exclusionOf(explain(mesh).addresses[0])).toEqual({
      kind: 'workload-replaced',
      workload: { kind: 'Pod', id: 'shop/web-1', uid: 'uid-web-1' },
      meantUid: 'uid-web-1',
      uid: 'second',
    });
  });

  test('where its external workload is unknown, or a later one of the same name', () => {
    const mesh = testMesh();
    const target = { kind: 'ExternalWorkload', id: externalWorkloadId('shop', 'vm'), uid: 'first' } as const;
    const backend = bareBackend('192.0.2.1', { target });
    expect(only(backend, {}, mesh)).toEqual({ kind: 'workload-unknown', workload: target });
    mesh.apply({ external: externalWorkloadRow('vm') });
    expect(exclusionOf(explain(mesh).addresses[0])).toMatchObject({ meantUid: 'first', uid: 'uid-vm' });
  });

  test('where it refers to what can not be resolved', () => {
    const backend = bareBackend('10.0.0.1', { target: { kind: 'Other', targetKind: 'VirtualMachine' } });
    expect(only(backend)).toEqual({ kind: 'target-unsupported', targetKind: 'VirtualMachine' });
  });

  test('where the client is on another node, and the policy Local', () => {
    const mesh = testMesh();
    mesh.apply(
      { service: serviceRow('web', { internalTrafficPolicy: 'Local' }) },
      { pod: podRow('web-1', { nodeName: nodeName('n2') }) },
      { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
    );
    const asked = explain(mesh, { node: nodeName('n1') });
    expect(asked.rule).toEqual({ kind: 'own-node', node: 'n1' });
    expect(exclusionOf(asked.addresses[0])).toEqual({ kind: 'other-node', node: 'n2', clientNode: 'n1' });
    expect(verdicts(mesh, { node: nodeName('n2') })).toEqual(['10.0.0.1:8080: served']);
  });

  test('where it is meant for another zone', () => {
    const mesh = testMesh();
    mesh.apply(web, { node: nodeRow('n1', 'east') });
    mesh.apply({
      slice: sliceRow('web', 'a', [
        bareBackend('10.0.0.1', { forZones: [east] }),
        bareBackend('10.0.0.2', { forZones: [west] }),
      ]),
    });
    const asked = explain(mesh, { node: nodeName('n1') });
    expect(exclusionOf(asked.addresses[1])).toEqual({
      kind: 'other-zone',
      forZones: ['west'],
      clientZone: 'east',
    });
  });

  test('where its pod is told by its IPv6 address', () => {
    const mesh = testMesh();
    mesh.apply(web, { pod: podRow('web-1') });
    mesh.apply(
      { slice: sliceRow('web', 'v4', [podBackend('10.0.0.1', 'web-1')]) },
      { slice: sliceRow('web', 'v6', [podBackend('fd00::1', 'web-1')]) },
    );
    expect(verdicts(mesh)).toEqual(['10.0.0.1:8080: second-family', '[fd00::1]:8080: served']);
  });

  test('where it is repeated, in another object or its own', () => {
    const mesh = testMesh();
    const backend = bareBackend('10.0.0.1');
    mesh.apply(
      web,
      { slice: sliceRow('web', 'a', [backend, bareBackend('10.0.0.1', { zone: east })]) },
      { slice: sliceRow('web', 'b', [backend]) },
    );
    expect(explain(mesh).addresses.map(({ object, zone: in_, verdict }) => [object, in_, verdict])).toEqual([
      ['shop/web-a', undefined, { kind: 'excluded', exclusion: { kind: 'repeated', by: 'shop/web-a' } }],
      ['shop/web-a', 'east', { kind: 'served', notes: [{ kind: 'no-workload' }] }],
      ['shop/web-b', undefined, { kind: 'excluded', exclusion: { kind: 'repeated', by: 'shop/web-a' } }],
    ]);
  });
});

describe('the rule', () => {
  function rule(backends: readonly Backend[], node?: string) {
    const mesh = testMesh();
    mesh.apply(
      web,
      { pod: podRow('web-1') },
      { node: nodeRow('n1', 'east') },
      { node: nodeRow('n2', undefined) },
    );
    mesh.apply({ slice: sliceRow('web', 'a', backends) });
    const asked = explain(mesh, { node: node === undefined ? undefined : nodeName(node) });
    return [asked.rule, asked.client.nodeIsKnown, asked.unhinted];
  }
  const hinted = bareBackend('10.0.0.1', { forZones: [east] });
  const unhinted = podBackend('10.0.0.2', 'web-1');

  test.each([
    ['no hints', [unhinted], 'n1', [{ kind: 'unhinted' }, true, undefined]],
    ['no client', [hinted], undefined, [{ kind: 'zone-unknown' }, false, undefined]],
    ['an unknown node', [hinted], 'n9', [{ kind: 'zone-unknown' }, false, undefined]],
    ['a node without a zone', [hinted], 'n2', [{ kind: 'zone-unknown' }, true, undefined]],
    [
      'a hint missing',
      [hinted, unhinted],
      'n1',
      [
        { kind: 'hints-incomplete' },
        true,
        { address: '10.0.0.2:8080', workload: { kind: 'Pod', id: 'shop/web-1' } },
      ],
    ],
    [
      'hints for other zones',
      [bareBackend('10.0.0.1', { forZones: [west] })],
      'n1',
      [{ kind: 'zone-unserved', zone: 'east' }, true, undefined],
    ],
    ['hints for its zone', [hinted], 'n1', [{ kind: 'own-zone', zone: 'east' }, true, undefined]],
  ])('with %s', (_, backends, node, expected) => {
    expect(rule(backends, node)).toEqual(expected);
  });
});

describe('what is served is noted', () => {
  function notes(pod: Parameters<typeof podRow>[1], backendPort = 8080, mesh = testMesh()) {
    mesh.apply(
      web,
      { pod: podRow('web-1', pod) },
      {
        slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')], [{ name: 'http', port: backendPort }]),
      },
    );
    return explain(mesh).addresses.map(({ verdict }) =>
      verdict.kind === 'served' ? verdict.notes : verdict,
    );
  }
  const controlPlaneNamespace = 'conduit';
  const proxy = { inbound: 4143, own: [], skipped: [{ from: 9000, to: 9000 }] };

  test('as ordinary by nothing', () => {
    expect(notes({ controlPlaneNamespace })).toEqual([[]]);
  });

  test.each([
    ['without a sidecar', {}, 3306, [{ kind: 'no-sidecar' }]],
    ['past its sidecar', { controlPlaneNamespace, proxy }, 9000, [{ kind: 'port-skipped' }]],
    [
      'opaque by annotation',
      { controlPlaneNamespace, opaquePorts: [{ from: 8080, to: 8080 }] },
      8080,
      [{ kind: 'opaque', cause: { kind: 'annotation' } }],
    ],
    [
      'opaque by default, of another control plane',
      { controlPlaneNamespace: 'linkerd' },
      3306,
      [
        { kind: 'opaque', cause: { kind: 'default-ports' } },
        { kind: 'other-control-plane', namespace: 'linkerd' },
      ],
    ],
    [
      'as ordinary where its annotation replaces the default',
      { controlPlaneNamespace, opaquePorts: [] },
      3306,
      [],
    ],
  ])('%s', (_, pod, port, expected) => {
    expect(notes(pod, port)).toEqual([expected]);
  });

  test('opaque by the Server that says so', () => {
    const mesh = testMesh();
    mesh.apply(
      { server: serverRow('any', 'web', { port: { kind: 'number', port: 1 } }) },
      { server: serverRow('db', 'web', { port: { kind: 'name', name: 'sql' } }) },
    );
    const namedPorts = [{ name: 'sql', port: 5432, hostPort: undefined }];
    const labels = { app: 'web' };
    expect(notes({ controlPlaneNamespace, labels, namedPorts }, 5432, mesh)).toEqual([
      [{ kind: 'opaque', cause: { kind: 'server', server: serverId('shop', 'db') } }],
    ]);
  });

  test('as a gateway', () => {
    const mesh = testMesh();
    const mirror = { cluster: 'west', remoteService: 'web.shop.svc.west', gatewayIdentity: 'gw' };
    mesh.apply(web, { slice: { ...sliceRow('web', 'a', [bareBackend('10.0.0.1')]), mirror } });
    expect(explain(mesh).addresses[0]?.verdict).toEqual({
      kind: 'served',
      notes: [{ kind: 'gateway', authority: 'web.shop.svc.west:80', identity: 'gw' }],
    });
  });
});

test('holds nothing but for its time of grace', () => {
  const mesh = testMesh();
  mesh.apply(
    web,
    { pod: podRow('web-1') },
    { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) },
  );
  explain(mesh);
  mesh.scheduler.advance(60_000);
  expect(mesh.views.map((view) => [view.name, view.stats().keys])).toEqual(
    mesh.views.map((view) => [view.name, 0]),
  );
});

test('follows what a client is told from one change to the next', () => {
  const mesh = testMesh();
  mesh.apply(web, { slice: sliceRow('web', 'a', [podBackend('10.0.0.1', 'web-1')]) });
  expect(verdicts(mesh)).toEqual(['10.0.0.1:8080: workload-unknown']);
  mesh.apply({ pod: podRow('web-1') });
  expect(verdicts(mesh)).toEqual(['10.0.0.1:8080: served']);
  mesh.tables.pods.delete(podId('shop', 'web-1'));
  expect(verdicts(mesh)).toEqual(['10.0.0.1:8080: workload-unknown']);
});

test('in any cluster, what is explained as served is what a client is told, and nothing declared is left out', () => {
  const clients = ['n1', 'n2', 'n9', undefined].flatMap((node) =>
    [undefined, 'web-0'].flatMap((hostname) =>
      [80, 8080].map((port) => ({ node: node === undefined ? undefined : nodeName(node), hostname, port })),
    ),
  );
  fc.assert(
    fc.property(clusterRows, (rows) => {
      const mesh = testMesh();
      mesh.apply(...rows);
      const service = mesh.tables.services.get(serviceId('shop', 'web'));
      const declared =
        service === undefined || service.type === 'ExternalName'
          ? []
          : [...mesh.tables.backends.entries()].flatMap(([id, { groups }]) =>
              groups.flatMap(({ backends }) => backends.map(({ ip }) => `${id} ${ip}`)),
            );
      for (const key of clients) {
        const { addresses } = explain(mesh, key);
        const served = addresses.filter(({ verdict }) => verdict.kind === 'served');
        expect(served.map(({ ip, port }) => addressKey(ip, port ?? 0)).sort()).toEqual(
          mesh.client('web', key).addresses,
        );
        expect(addresses.map(({ object, ip }) => `${object} ${ip}`).sort()).toEqual(declared.sort());
        expectRepetitionsOfServed(addresses);
      }
    }),
    { numRuns: 500 },
  );
});

/** What is repeated stands beside another mention that counts, of the object that it names. */
function expectRepetitionsOfServed(addresses: readonly ExplainedAddress[]): void {
  for (const { ip, port, object, verdict } of addresses) {
    if (verdict.kind !== 'excluded' || verdict.exclusion.kind !== 'repeated') continue;
    const { by } = verdict.exclusion;
    const same = addresses.filter((other) => other.ip === ip && other.port === port && other.object === by);
    const isServed = same.some((other) => other.verdict.kind === 'served');
    // Within an object the last mention counts, whatever becomes of it.
    expect(isServed || (by === object && same.length > 1)).toBe(true);
  }
}
