import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonExcerpt } from '../../../src/kube/decode/json-excerpt.js';

test('what is short is shown as JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(text.length <= 200);
      expect(jsonExcerpt(value, 200)).toBe(text);
    }),
  );
});

test('what is long is its beginning', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 2, max: 40 }), (value, maxLength) => {
      const text = JSON.stringify(value);
      fc.pre(text.length > maxLength);
      expect(jsonExcerpt(value, maxLength)).toBe(`${text.slice(0, maxLength - 1)}…`);
    }),
  );
});

test('nothing is said to be that', () => {
  expect(jsonExcerpt(undefined, 100)).toBe('nothing');
});

test('what is deeper than any stack is no trouble', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  expect(jsonExcerpt(deep, 10)).toBe('[[[[[[[[[…');
});
