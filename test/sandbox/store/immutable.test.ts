import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { immutable, jsonEqual, sharing } from '../../../src/sandbox/store/immutable.js';

const value = fc.jsonValue({ maxDepth: 4 });

describe('immutable', () => {
  test('leaves out what is undefined or null, at every depth', () => {
    const given = { a: undefined, b: null, c: { d: null, e: [null, { f: undefined }] } };
    expect(immutable(given)).toStrictEqual({ c: { e: [null, {}] } });
    expect(given).toHaveProperty('b');
  });

  test('shares what needs no change, and copies what is only frozen on top', () => {
    const once = immutable({ a: { b: [1] } });
    expect(immutable(once)).toBe(once);
    expect(immutable({ x: 1, a: once.a }).a).toBe(once.a);
    const shallow = Object.freeze({ a: { b: 1 } });
    expect(Object.isFrozen(immutable(shallow).a)).toBe(true);
    expect(Object.isFrozen(shallow.a)).toBe(false);
  });

  test('keeps a field of any name', () => {
    const parsed: object = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
    expect(JSON.stringify(immutable(parsed))).toBe('{"__proto__":{"a":1},"constructor":2}');
  });
});

describe('jsonEqual', () => {
  test('agrees with itself, and with the text for any value', () => {
    fc.assert(
      fc.property(value, value, (left, right) => {
        expect(jsonEqual(left, structuredClone(left))).toBe(true);
        if (JSON.stringify(left) === JSON.stringify(right)) expect(jsonEqual(left, right)).toBe(true);
        expect(jsonEqual(left, right)).toBe(jsonEqual(right, left));
      }),
    );
  });

  test.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1, c: 2 }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [null, {}, false],
    [{ toString: 1 }, {}, false],
  ])('%j and %j: %s', (left, right, expected) => {
    expect(jsonEqual(left, right)).toBe(expected);
  });
});

test('sharing gives a value equal to the next, and the previous itself where nothing changed', () => {
  fc.assert(
    fc.property(value, value, (next, previous) => {
      const shared = sharing(immutable(next), immutable(previous));
      expect(jsonEqual(shared, immutable(next))).toBe(true);
      const same = immutable(next);
      expect(sharing(immutable(structuredClone(next)), same)).toBe(same);
    }),
  );
});
