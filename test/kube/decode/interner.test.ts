import { describe, expect, test } from 'vitest';
import { Interner } from '../../../src/kube/decode/interner.js';

describe('interner', () => {
  test('gives back what was put in, and makes the empty string undefined', () => {
    const interner = new Interner();
    expect(['a', 'b', 'a'].map((text) => interner.intern(text))).toEqual(['a', 'b', 'a']);
    expect(interner.size).toBe(2);
    expect([interner.optional(''), interner.optional(undefined), interner.optional('a')]).toEqual([
      undefined,
      undefined,
      'a',
    ]);
  });

  test('never holds more than its limit', () => {
    const interner = new Interner({ maxEntries: 3 });
    for (let each = 0; each < 100; each += 1) {
      expect(interner.intern(`text ${each}`)).toBe(`text ${each}`);
      expect(interner.size).toBeLessThanOrEqual(3);
    }
  });
});
