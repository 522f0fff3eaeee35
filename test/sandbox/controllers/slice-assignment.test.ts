import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SliceContent, assignSlices } from '../../../src/sandbox/controllers/slice-assignment.js';
import { type Fields, recordsAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';

const http = [{ name: 'http', port: 80, protocol: 'TCP' }];
const grpc = [{ name: 'grpc', port: 81, protocol: 'TCP' }];

function endpoint(number: number, ready = true): Fields {
  return {
    addresses: [`10.0.0.${number}`],
    conditions: { ready },
    targetRef: { kind: 'Pod', uid: `uid-${number}` },
  };
}

function endpoints(from: number, to: number): readonly Fields[] {
  return Array.from({ length: to - from }, (_, index) => endpoint(from + index));
}

function slice(name: string, ports: readonly Fields[], members: readonly Fields[]): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name },
    ports,
    endpoints: members,
  };
}

/** Slice by slice, its name and the addresses in it. */
function placement(contents: readonly SliceContent[]): readonly (readonly [string, number])[] {
  return contents.map(
    (content) => [content.slice?.metadata.name ?? 'new', content.endpoints.length] as const,
  );
}

describe('assignSlices', () => {
  test('fills slices of a hundred', () => {
    const contents = assignSlices([{ ports: http, endpoints: endpoints(0, 250) }], []);
    expect(placement(contents)).toEqual([
      ['new', 100],
      ['new', 100],
      ['new', 50],
    ]);
  });

  test('keeps one empty slice where there is nothing to say', () => {
    expect(assignSlices([], [])).toEqual([{ slice: undefined, ports: [], endpoints: [] }]);
    const present = [slice('a', http, endpoints(0, 2)), slice('b', http, endpoints(2, 3))];
    expect(assignSlices([], present)).toEqual([{ slice: present[0], ports: [], endpoints: [] }]);
  });

  test('leaves endpoints where they are, and slices alone that nothing changes in', () => {
    const present = [slice('a', http, endpoints(0, 60)), slice('b', http, endpoints(60, 100))];
    const contents = assignSlices([{ ports: http, endpoints: endpoints(0, 99).toReversed() }], present);
    expect(placement(contents)).toEqual([
      ['a', 60],
      ['b', 39],
    ]);
    expect(contents[0]?.endpoints).toEqual(recordsAt(present[0], 'endpoints'));
  });

  test('changes an endpoint in its place', () => {
    const present = [slice('a', http, endpoints(0, 3))];
    const changed = [endpoint(0), endpoint(1, false), endpoint(2)];
    expect(assignSlices([{ ports: http, endpoints: changed.toReversed() }], present)[0]?.endpoints).toEqual(
      changed,
    );
  });

  test('puts further endpoints into a slice that changes anyway', () => {
    const present = [slice('full', http, endpoints(0, 90)), slice('changing', http, endpoints(100, 110))];
    const wanted = [...endpoints(0, 90), ...endpoints(101, 115)];
    expect(placement(assignSlices([{ ports: http, endpoints: wanted }], present))).toEqual([
      ['full', 90],
      ['changing', 14],
    ]);
  });

  test('or else into the fullest that has room for all of them', () => {
    const present = [
      slice('roomy', http, endpoints(0, 10)),
      slice('fitting', http, endpoints(100, 190)),
      slice('full', http, endpoints(200, 295)),
    ];
    const wanted = [
      ...endpoints(0, 10),
      ...endpoints(100, 190),
      ...endpoints(200, 295),
      ...endpoints(300, 310),
    ];
    expect(placement(assignSlices([{ ports: http, endpoints: wanted }], present))).toEqual([
      ['roomy', 10],
      ['fitting', 100],
      ['full', 95],
    ]);
  });

  test('writes a slice that is no longer needed anew for other ports', () => {
    const present = [slice('a', http, endpoints(0, 3))];
    const [content] = assignSlices([{ ports: grpc, endpoints: endpoints(0, 3) }], present);
    expect(content).toEqual({ slice: present[0], ports: grpc, endpoints: endpoints(0, 3) });
  });

  test('tells a pod from a later one at the same address', () => {
    const present = [slice('a', http, [endpoint(1)])];
    const successor = { ...endpoint(1), targetRef: { kind: 'Pod', uid: 'uid-2' } };
    expect(assignSlices([{ ports: http, endpoints: [successor] }], present)[0]?.endpoints).toEqual([
      successor,
    ]);
  });

  test('holds exactly what is wanted, each endpoint once, whatever was there before', () => {
    const members = fc
      .uniqueArray(fc.integer({ min: 0, max: 250 }), { maxLength: 250 })
      .map((all) => all.map((one) => endpoint(one, one % 3 > 0)));
    const before = fc.array(fc.record({ ports: fc.constantFrom(http, grpc), members }), { maxLength: 4 });
    fc.assert(
      fc.property(before, members, members, (present, wantedHttp, wantedGrpc) => {
        const groups = [
          { ports: http, endpoints: wantedHttp },
          { ports: grpc, endpoints: wantedGrpc },
        ].filter((group) => group.endpoints.length > 0);
        const slices = present.map((one, index) => slice(`s${index}`, one.ports, one.members.slice(0, 100)));
        const contents = assignSlices(groups, slices);

        for (const { ports, endpoints: wanted } of groups) {
          const held = contents
            .filter((content) => content.ports === ports)
            .flatMap((content) => content.endpoints);
          const key = (one: Fields): string => JSON.stringify(one);
          expect(held.map(key).toSorted()).toEqual(wanted.map(key).toSorted());
        }
        expect(contents.every((content) => content.endpoints.length <= 100)).toBe(true);
        const used = contents.flatMap((content) => content.slice ?? []);
        expect(new Set(used).size).toBe(used.length);
        expect(contents.length > 1 ? contents.every((content) => content.endpoints.length > 0) : true).toBe(
          true,
        );

        // Once written, there is nothing more to do.
        const written = contents.map((content, index) =>
          slice(`w${index}`, content.ports, content.endpoints),
        );
        const again = assignSlices(groups, written);
        expect(again.map((content) => ({ ...content, slice: content.slice?.metadata.name }))).toEqual(
          groups.length === 0
            ? [{ slice: 'w0', ports: [], endpoints: [] }]
            : expect.arrayContaining(contents.map((content, index) => ({ ...content, slice: `w${index}` }))),
        );
        expect(again).toHaveLength(contents.length);
      }),
      { numRuns: 60 },
    );
  });
});
