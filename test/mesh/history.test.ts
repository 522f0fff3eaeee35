import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointsOf } from '../../src/core/endpoint-set.js';
import { nodeName, podId, serviceId, zone } from '../../src/core/ids.js';
import type { Table } from '../../src/engine/table.js';
import type { ServiceRow } from '../../src/mesh/rows.js';
import { testMesh } from '../kit/mesh.js';
import { bareBackend, nodeRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';
import { expectedAddresses } from './oracle.js';

type TestMesh = ReturnType<typeof testMesh>;
type Step = (mesh: TestMesh) => void;

const ip = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1');
const podName = fc.constantFrom('p1', 'p2');
const ready = fc.boolean();
const hints = fc.constantFrom(undefined, [zone('east')], [zone('west')], [zone('east'), zone('west')]);
const backend = fc.oneof(
  fc
    .tuple(ip, ready, hints)
    .map(([address, isReady, forZones]) => bareBackend(address, { ready: isReady, forZones })),
  fc
    .tuple(ip, podName, ready, fc.constantFrom('uid-p1', 'uid-p2', 'other'), hints)
    .map(([address, pod, isReady, uid, forZones]) =>
      podBackend(address, pod, {
        ready: isReady,
        target: { kind: 'Pod', id: podId('shop', pod), uid },
        forZones,
      }),
    ),
);
const ports = fc.constantFrom([{ name: 'http', port: 8080 }], [{ name: 'http', port: 9090 }], []);
const slice = fc
  .tuple(
    fc.constantFrom('web', 'api'),
    fc.constantFrom('a', 'b', 'c'),
    fc.array(backend, { maxLength: 4 }),
    ports,
  )
  .map((fields) => sliceRow(...fields));
const pod = fc
  .record({
    name: podName,
    controlPlaneNamespace: fc.constantFrom(undefined, 'conduit'),
    uid: fc.constantFrom('uid-p1', 'uid-p2'),
    nodeName: fc.constantFrom(undefined, nodeName('n1'), nodeName('n2')),
  })
  .map(({ name, ...fields }) => podRow(name, fields));
const service = fc
  .record({
    name: fc.constantFrom('web', 'api'),
    portName: fc.constantFrom('http', 'other'),
    type: fc.constantFrom<ServiceRow['type'][]>('ClusterIP', 'ExternalName'),
    internalTrafficPolicy: fc.constantFrom<ServiceRow['internalTrafficPolicy'][]>(
      'Cluster',
      'Cluster',
      'Local',
    ),
  })
  .map(({ name, portName, ...fields }) =>
    serviceRow(name, { ...fields, ports: [{ name: portName, port: 80 }] }),
  );
const node = fc
  .tuple(fc.constantFrom('n1', 'n2'), fc.constantFrom('east', 'west', undefined))
  .map((n) => nodeRow(...n));

function remove<K extends string, R>(pick: (mesh: TestMesh) => Table<K, R>): fc.Arbitrary<Step> {
  return fc.nat(5).map((nth) => (mesh) => {
    const table = pick(mesh);
    const key = [...table.entries()][nth]?.[0];
    if (key !== undefined) table.delete(key);
  });
}

const step: fc.Arbitrary<Step> = fc.oneof(
  slice.map(
    (row): Step =>
      ({ tables }) =>
        tables.backends.apply(row.id, row),
  ),
  pod.map(
    (row): Step =>
      ({ tables }) =>
        tables.pods.apply(row.id, row),
  ),
  service.map(
    (row): Step =>
      ({ tables }) =>
        tables.services.apply(row.id, row),
  ),
  node.map(
    (row): Step =>
      ({ tables }) =>
        tables.nodes.apply(row.name, row),
  ),
  remove(({ tables }) => tables.backends),
  remove(({ tables }) => tables.pods),
  remove(({ tables }) => tables.services),
  remove(({ tables }) => tables.nodes),
  fc.array(slice, { maxLength: 4 }).map(
    (rows): Step =>
      ({ tables }) =>
        tables.backends.reset(new Map(rows.map((row) => [row.id, row]))),
  ),
  fc.constant<Step>(({ engine }) => engine.flush()),
);

const names = ['web', 'api'];
const nodes = [undefined, 'n1', 'n2'];

function clients(mesh: TestMesh) {
  return names.flatMap((name) =>
    nodes.map((node) => mesh.client(name, { node: node === undefined ? undefined : nodeName(node) })),
  );
}

test('whatever happened, and in whatever order, clients end with what a fresh start gives, and the oracle', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const mesh = testMesh();
      const live = clients(mesh);
      for (const run of steps) run(mesh);
      mesh.engine.flush();

      const fresh = testMesh();
      for (const [key, row] of mesh.tables.services.entries()) fresh.tables.services.apply(key, row);
      for (const [key, row] of mesh.tables.backends.entries()) fresh.tables.backends.apply(key, row);
      for (const [key, row] of mesh.tables.pods.entries()) fresh.tables.pods.apply(key, row);
      for (const [key, row] of mesh.tables.nodes.entries()) fresh.tables.nodes.apply(key, row);
      const state = ({ set }: (typeof live)[number]) => [set.exists, set.clientZone, endpointsOf(set)];
      expect(live.map(state)).toEqual(clients(fresh).map(state));

      const { services, backends, pods, nodes: nodeTable } = mesh.tables;
      const cluster = {
        services: [...services.entries()].map(([, row]) => row),
        backends: [...backends.entries()].map(([, row]) => row),
        pods: [...pods.entries()].map(([, row]) => row),
        nodes: [...nodeTable.entries()].map(([, row]) => row),
      };
      expect(live.map(({ addresses }) => addresses)).toEqual(
        names.flatMap((name) =>
          nodes.map((on) =>
            expectedAddresses(cluster, { service: serviceId('shop', name), port: 80, node: on }),
          ),
        ),
      );

      for (const client of live) client.close();
      mesh.scheduler.advance(60_000);
      expect(mesh.views.map((view) => [view.name, view.stats().keys])).toEqual(
        mesh.views.map((view) => [view.name, 0]),
      );
    }),
    { numRuns: 1_000 },
  );
});
