import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AddressKey, addressKey, type Endpoint } from '../../src/core/endpoint.js';
import { EndpointPart } from '../../src/core/endpoint-part.js';
import {
  diffEndpointSets,
  type EndpointSet,
  endpointSetsEqual,
  endpointsOf,
} from '../../src/core/endpoint-set.js';
import { backendsId, zone } from '../../src/core/ids.js';
import { repeatedIn } from '../../src/core/repeated-addresses.js';

const endpoint = fc
  .record({ ip: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'), weight: fc.constantFrom(1, 2) })
  .map(
    ({ ip, weight }): Endpoint => ({
      ip,
      port: 80,
      weight,
      zone: undefined,
      workload: undefined,
      hint: undefined,
      gateway: undefined,
    }),
  );

const endpoints = fc.uniqueArray(endpoint, { maxLength: 4, selector: ({ ip }) => ip });

const parts = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), endpoints), { selector: ([source]) => source })
  .map((all) =>
    all
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([source, own]) => new EndpointPart(backendsId('shop', source), own)),
  );

const clientZone = fc.constantFrom(undefined, zone('z1'));

function setOf(
  all: readonly EndpointPart[],
  inZone: EndpointSet['clientZone'],
  before?: EndpointSet,
): EndpointSet {
  const service = { namespace: 'shop', name: 'web' };
  return {
    service,
    exists: true,
    clientZone: inZone,
    remote: undefined,
    parts: all,
    repeated: repeatedIn(all, before),
    triggeredAtMs: undefined,
  };
}

/** Two sets of which the second shares some parts with the first, as successive snapshots do. */
const successive = fc
  .tuple(parts, parts, clientZone, clientZone, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
  .map(([first, second, zoneBefore, zoneAfter, keep]) => {
    const kept = second.map((own, nth) => {
      const before = first.find(({ source }) => source === own.source);
      return keep[nth] === true && before !== undefined ? before : own;
    });
    const before = setOf(first, zoneBefore);
    return [before, setOf(kept, zoneAfter, before)] as const;
  });

function flat(set: EndpointSet): Map<AddressKey, Endpoint> {
  const union = new Map<AddressKey, Endpoint>();
  for (const { endpoints: own } of set.parts.toReversed())
    for (const one of own) union.set(addressKey(one.ip, one.port), one);
  return union;
}

test('a client that applies the difference has the latest set, and was told nothing it knew', () => {
  fc.assert(
    fc.property(successive, ([before, after]) => {
      const { added, removed } = diffEndpointSets(before, after);
      const was = flat(before);
      const is = flat(after);

      const client = new Map(was);
      for (const one of added) client.set(addressKey(one.ip, one.port), one);
      for (const one of removed) client.delete(addressKey(one.ip, one.port));
      expect(client).toEqual(is);

      expect(removed.every((one) => was.has(addressKey(one.ip, one.port)))).toBe(true);
      const localityChanged = before.clientZone !== after.clientZone;
      expect(
        added.every((one) => localityChanged || was.get(addressKey(one.ip, one.port))?.weight !== one.weight),
      ).toBe(true);
      expect(endpointsOf(after)).toEqual(is);
      expect(after.repeated).toEqual(repeatedIn(after.parts, undefined));
      if (endpointSetsEqual(before, after)) expect([added, removed]).toEqual([[], []]);
    }),
    { numRuns: 3_000 },
  );
});
