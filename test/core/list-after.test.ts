import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ListAfter } from '../../src/core/list-after.js';

const lists = fc.array(fc.constantFrom('a', 'b', undefined), { maxLength: 6 });

test('the list has what was put into it, and is the one before it where that has the same', () => {
  fc.assert(
    fc.property(lists, lists, fc.nat(3), (elements, other, keeping) => {
      const before = Object.freeze(other);
      const list = new ListAfter<string | undefined>(before);
      for (let place = 0; place < elements.length; place++) {
        // Elements that the list before has there may be kept as well.
        let same = 0;
        while (
          place + same < elements.length &&
          place + same < before.length &&
          elements[place + same] === before[place + same]
        )
          same++;
        const kept = Math.min(same, keeping);
        if (kept > 0) list.keep(kept);
        else list.push(elements[place]);
        place += Math.max(kept - 1, 0);
      }
      const after = list.finish();

      expect(after).toEqual(elements);
      const isSame = elements.length === before.length && elements.every((each, nth) => each === before[nth]);
      expect(after === before).toBe(isSame);
    }),
    { numRuns: 1_000 },
  );
});
