import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arraysEqual, plainEqual } from '../../src/core/equal.js';

const plain = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(undefined, null, 0, -0, Number.NaN, 1, '', 'a', true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
  ),
})).value;

test('agrees with node:util on all plain data, in both directions', () => {
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      expect(plainEqual(a, b)).toBe(isDeepStrictEqual(a, b));
      expect(plainEqual(b, a)).toBe(plainEqual(a, b));
      expect(plainEqual(a, structuredClone(a))).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test('a field that only one side has makes a difference', () => {
  expect(plainEqual({ a: 1 }, { a: 1, b: undefined })).toBe(false);
  expect(plainEqual({ a: 1, b: undefined }, { a: 1 })).toBe(false);
  expect(plainEqual({ a: undefined }, { b: undefined })).toBe(false);
  expect(plainEqual([], {})).toBe(false);
});

test('the two zeros differ, wherever they stand', () => {
  for (const wrap of [(zero: number) => zero, (zero: number) => [zero], (zero: number) => ({ zero })]) {
    expect(plainEqual(wrap(0), wrap(-0))).toBe(false);
    expect(plainEqual(wrap(-0), wrap(-0))).toBe(true);
  }
  expect(arraysEqual([0], [-0])).toBe(false);
});

test('arraysEqual compares by the given equality', () => {
  const sameLength = (a: string, b: string): boolean => a.length === b.length;
  expect(arraysEqual(['ab'], ['cd'], sameLength)).toBe(true);
  expect(arraysEqual(['ab'], ['cd'])).toBe(false);
  expect(arraysEqual(['ab'], ['ab', 'cd'], sameLength)).toBe(false);
});
