import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainEqual } from '../../src/core/equal.js';
import { backendsId, externalWorkloadId, podId, serviceId, zone } from '../../src/core/ids.js';
import type { Backend, BackendsRow } from '../../src/mesh/rows.js';
import { backendsRowsEqual } from '../../src/mesh/rows-equal.js';

const few = fc.constantFrom('a', 'b');
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(value, fc.constant(undefined));
const port = fc.record({ name: few, port: fc.integer({ min: 1, max: 2 }) });
const zones = fc.array(few.map(zone), { maxLength: 2 });

const target: fc.Arbitrary<Backend['target']> = fc.oneof(
  fc.record({ kind: fc.constant('Pod' as const), id: few.map((name) => podId('n', name)), uid: maybe(few) }),
  fc.record({
    kind: fc.constant('ExternalWorkload' as const),
    id: few.map((name) => externalWorkloadId('n', name)),
    uid: maybe(few),
  }),
  fc.constant({ kind: 'Address' as const }),
  fc.record({ kind: fc.constant('Other' as const), targetKind: few }),
);

const backend: fc.Arbitrary<Backend> = fc.record({
  ip: few,
  ready: fc.boolean(),
  target,
  hostname: maybe(few),
  zone: maybe(few.map(zone)),
  forZones: maybe(zones),
});

const row: fc.Arbitrary<BackendsRow> = fc.record({
  id: few.map((name) => backendsId('n', name)),
  namespace: few,
  service: few.map((name) => serviceId('n', name)),
  groups: fc.array(
    fc.record({
      ports: fc.array(port, { maxLength: 2 }),
      backends: fc.array(backend, { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
  mirror: maybe(fc.record({ cluster: maybe(few), remoteService: maybe(few), gatewayIdentity: maybe(few) })),
  triggeredAtMs: maybe(fc.integer({ min: 1, max: 2 })),
});

test('a row is equal to its copy', () => {
  fc.assert(
    fc.property(row, (one) => {
      expect(backendsRowsEqual(one, structuredClone(one))).toBe(true);
    }),
  );
});

test('a row in which any one value is another is not equal', () => {
  fc.assert(
    fc.property(row, (one) => {
      for (const other of changedOnce(one)) expect(backendsRowsEqual(one, other as BackendsRow)).toBe(false);
    }),
  );
});

test('equal is what has equal parts', () => {
  fc.assert(
    fc.property(row, row, (one, other) => {
      expect(backendsRowsEqual(one, other)).toBe(plainEqual(one, other));
    }),
  );
});

/** Copies of a value, in each of which one primitive, or the length of one array, is another. */
function* changedOnce(value: unknown): Generator {
  if (Array.isArray(value)) {
    yield [...value, undefined];
    for (const [index, each] of value.entries()) {
      for (const changed of changedOnce(each)) yield value.with(index, changed);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      for (const changed of changedOnce(each)) yield { ...value, [name]: changed };
    }
  } else {
    yield value === 'changed' ? 'again' : 'changed';
  }
}
