import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ListAfter } from '../../src/core/list-after.js';

const lists = fc.array(fc.constantFrom('a', 'b', undefined), { maxLength: 6 });

test('the list has what was put into it, and is the one before it where that has the same', () => {
  fc.assert(
    fc.property(lists, lists, (elements, other) => {
      const before = Object.freeze(other);
      const list = new ListAfter<string | undefined>(before);
      for (const element of elements) list.push(element);
      const after = list.finish();

      expect(after).toEqual(elements);
      const isSame = elements.length === before.length && elements.every((each, nth) => each === before[nth]);
      expect(after === before).toBe(isSame);
    }),
    { numRuns: 1_000 },
  );
});
