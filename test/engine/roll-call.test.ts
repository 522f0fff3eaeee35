import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RollCall } from '../../src/engine/roll-call.js';

const keys = fc.uniqueArray(fc.constantFrom(...'abcdefghij'));

test('whatever is called in whatever order, the others are absent', () => {
  fc.assert(
    fc.property(keys, fc.array(fc.constantFrom(...'abcdefghij')), (held, calls) => {
      const called = new Map<string, true>();
      const roll = new RollCall(new Map(held.map((key) => [key, true])), called);
      for (const key of calls) {
        expect(roll.call(key)).toBe(key);
        called.set(key, true);
      }
      expect([...roll.absent()].sort()).toEqual(held.filter((key) => !calls.includes(key)).sort());
    }),
  );
});
