import { expect, test } from 'vitest';
import { applyMergePatch } from '../../../../src/sandbox/api/patch/merge-patch.js';

/** RFC 7386, Appendix A. */
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j merged with %j', (target, patch, result) => {
  expect(applyMergePatch(target, patch)).toStrictEqual(result);
});

test('a field may have any name', () => {
  const patch: unknown = JSON.parse('{"__proto__":{"a":1}}');
  const result = applyMergePatch({}, patch) as object;
  expect(JSON.stringify(result)).toBe('{"__proto__":{"a":1}}');
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
});
