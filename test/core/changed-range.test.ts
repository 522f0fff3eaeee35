import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedRange } from '../../src/core/changed-range.js';

const list = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });

test('what is outside of the range stands in both lists, and nothing that could be outside is inside', () => {
  fc.assert(
    fc.property(list, list, (one, other) => {
      const { start, end } = changedRange(one, other);
      const otherEnd = other.length - (one.length - end);
      expect(start <= end && start <= otherEnd).toBe(true);
      expect(one.slice(0, start)).toEqual(other.slice(0, start));
      expect(one.slice(end)).toEqual(other.slice(otherEnd));
      const isLeftOver = start < end && start < otherEnd;
      expect(isLeftOver && (one[start] === other[start] || one[end - 1] === other[otherEnd - 1])).toBe(false);
    }),
  );
});

test('of two lists that are alike it is empty', () => {
  expect(changedRange(['a', 'b'], ['a', 'b'])).toEqual({ start: 2, end: 2 });
  expect(changedRange([], [])).toEqual({ start: 0, end: 0 });
});
