import { expect, test } from 'vitest';
import { shareBackends } from '../../src/kube/shared-backends.js';
import type { Backend } from '../../src/mesh/rows.js';
import { podBackend, sliceRow } from '../kit/rows.js';

const three = ['1', '2', '3'].map((nth) => podBackend(`10.0.0.${nth}`, `web-${nth}`));

/** For each backend of the row, the place of the object among `before`. */
function placesIn(before: readonly Backend[], backends: readonly Backend[]): readonly number[] {
  const row = sliceRow('web', 'a', structuredClone(backends));
  const shared = shareBackends(row, sliceRow('web', 'a', before));
  expect(shared).toEqual(row);
  return shared.groups[0]?.backends.map((backend) => before.indexOf(backend)) ?? [];
}

test('backends that say the same are the same objects, wherever they stand', () => {
  const [one, two, another] = three as [Backend, Backend, Backend];
  const other = podBackend('10.0.0.9', 'web-9');
  expect(placesIn(three, three)).toEqual([0, 1, 2]);
  expect(placesIn(three, [one, { ...two, ready: false }, another])).toEqual([0, -1, 2]);
  expect(placesIn(three, [two, another])).toEqual([1, 2]);
  expect(placesIn(three, [other, one, two, another, other])).toEqual([-1, 0, 1, 2, -1]);
  expect(placesIn(three, [another, one])).toEqual([2, 0]);
});

test('ports that say the same are the same array; groups are taken by their place', () => {
  const before = sliceRow('web', 'a', three);
  const after = structuredClone(before);
  expect(shareBackends(after, before).groups[0]?.ports).toBe(before.groups[0]?.ports);
  const [group] = after.groups;
  const twice = { ...after, groups: [group!, group!] };
  expect(shareBackends(twice, before)).toEqual(twice);
});
