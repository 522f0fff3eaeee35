import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InOrder } from '../../src/core/in-order.js';

test('whoever asks in order finds all there is, whatever else is asked for between', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(20).map(String)), fc.array(fc.nat(40).map(String)), (keys, others) => {
      const elements = keys.map((key) => ({ key }));
      const asked = keys.flatMap((key, nth) => [
        ...others.slice(nth, nth + 1).filter((each) => !keys.includes(each)),
        key,
      ]);
      const inOrder = new InOrder(elements, ({ key }) => key);
      const found = asked.map((key) => inOrder.find(key));
      // Past the last element nothing is found any more, and there is nothing left to be found.
      expect(found).toEqual(asked.map((key) => elements.find((each) => each.key === key)));
    }),
  );
});

test('what is found has the key that was asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5).map(String)), fc.array(fc.nat(5).map(String)), (keys, asked) => {
      const inOrder = new InOrder(keys, (key) => key);
      for (const key of asked) expect([key, undefined]).toContain(inOrder.find(key));
    }),
  );
});
