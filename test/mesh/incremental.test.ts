import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, type Endpoint } from '../../src/core/endpoint.js';
import { diffEndpointSets, type EndpointSet, endpointsOf } from '../../src/core/endpoint-set.js';
import { backendsId, nodeName, podId } from '../../src/core/ids.js';
import { shareBackends } from '../../src/kube/shared-backends.js';
import type { BackendsRow, Mirror } from '../../src/mesh/rows.js';
import { type AnyRow, testMesh } from '../kit/mesh.js';
import { clusterRows } from './random-cluster.js';

type Mesh = ReturnType<typeof testMesh>;

type Step =
  | { readonly kind: 'apply'; readonly rows: readonly AnyRow[] }
  /** All its backends stay. */
  | {
      readonly kind: 'change-slice';
      readonly name: string;
      readonly fields: Partial<BackendsRow> & { readonly port: number };
    }
  | { readonly kind: 'delete-slice'; readonly name: string }
  | { readonly kind: 'delete-pod'; readonly name: string };

const mirror: Mirror = {
  cluster: 'west',
  remoteService: 'web.shop.svc.west.local',
  gatewayIdentity: 'gateway',
};

const sliceName = fc.constantFrom('web-a', 'web-b', 'web-c');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc
      .record({
        name: sliceName,
        fields: fc.record({ port: fc.constantFrom(8080, 9090), mirror: fc.constantFrom(undefined, mirror) }),
      })
      .map((change) => ({ kind: 'change-slice' as const, ...change })),
  },
  { weight: 4, arbitrary: clusterRows.map((rows) => ({ kind: 'apply' as const, rows })) },
  {
    weight: 4,
    // One row alone, mostly: the others stay the same objects.
    arbitrary: fc.tuple(clusterRows, fc.nat()).map(([rows, nth]) => ({
      kind: 'apply' as const,
      rows: rows.length === 0 ? [] : [rows[nth % rows.length]!],
    })),
  },
  {
    weight: 1,
    arbitrary: sliceName.map((name) => ({ kind: 'delete-slice' as const, name })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('p1', 'p2').map((name) => ({ kind: 'delete-pod' as const, name })),
  },
);

const keys = ['n1', undefined].flatMap((node) =>
  [undefined, 'web-0'].map((hostname) => ({
    node: node === undefined ? undefined : nodeName(node),
    hostname,
  })),
);

/** Rows of slices share with those before them, as a reflector's do. */
function take(mesh: Mesh, each: Step): void {
  switch (each.kind) {
    case 'apply': {
      const shared = each.rows.map((row) => {
        const before = 'slice' in row ? mesh.tables.backends.get(row.slice.id) : undefined;
        return 'slice' in row && before !== undefined ? { slice: shareBackends(row.slice, before) } : row;
      });
      mesh.apply(...shared);
      return;
    }
    case 'change-slice': {
      const id = backendsId('shop', each.name);
      const row = mesh.tables.backends.get(id);
      if (row === undefined) return;
      const { port, ...fields } = each.fields;
      const groups = row.groups.map(({ backends }) => ({ backends, ports: [{ name: 'http', port }] }));
      mesh.apply({ slice: { ...row, groups, ...fields } });
      return;
    }
    case 'delete-slice':
      mesh.tables.backends.delete(backendsId('shop', each.name));
      break;
    case 'delete-pod':
      mesh.tables.pods.delete(podId('shop', each.name));
      break;
  }
  mesh.engine.flush();
}

function afterDelta(client: ReadonlyMap<string, Endpoint>, told: EndpointSet, latest: EndpointSet) {
  const { added, removed } = diffEndpointSets(told, latest);
  const result = new Map(client);
  for (const one of added) result.set(addressKey(one.ip, one.port), one);
  for (const one of removed) result.delete(addressKey(one.ip, one.port));
  return result;
}

function sorted(endpoints: ReadonlyMap<string, Endpoint>) {
  return [...endpoints].sort(([a], [b]) => (a < b ? -1 : 1));
}

test('however a cluster came to be what it is, its endpoints are what they are without a past, and so are those of a client that was told the steps', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const mesh = testMesh();
      const clients = keys.map((key) => {
        const client = mesh.client('web', key);
        return { key, client, told: client.set, known: new Map<string, Endpoint>(endpointsOf(client.set)) };
      });
      for (const each of steps) {
        take(mesh, each);
        const fresh = testMesh();
        for (const name of [
          'services',
          'pods',
          'nodes',
          'backends',
          'servers',
          'externalWorkloads',
        ] as const) {
          for (const [id, row] of mesh.tables[name].entries()) {
            (fresh.tables[name].apply as (key: string, value: unknown) => void).call(
              fresh.tables[name],
              id,
              structuredClone(row),
            );
          }
        }
        for (const one of clients) {
          const expected = endpointsOf(fresh.client('web', one.key).set);
          one.known = afterDelta(one.known, one.told, one.client.set);
          one.told = one.client.set;
          expect(sorted(endpointsOf(one.client.set))).toEqual(sorted(expected));
          expect(sorted(one.known)).toEqual(sorted(expected));
        }
      }
    }),
    { numRuns: 300 },
  );
});
