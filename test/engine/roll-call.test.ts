import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RollCall } from '../../src/engine/roll-call.js';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');

test('whatever is called in whatever order, the others are absent', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key), fc.array(key), (held, calls) => {
      const called = new Map<string, true>();
      const roll = new RollCall(new Map(held.map((each) => [each, true])), called);
      for (const each of calls) {
        expect(roll.call(each)).toBe(each);
        called.set(each, true);
      }
      expect([...roll.absent()].sort()).toEqual(held.filter((each) => !calls.includes(each)).sort());
    }),
  );
});
