import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GrowthFrame } from '../../src/telemetry/growth.js';

const entries = fc.array(
  fc.tuple(
    fc.nat({ max: 2 ** 31 }),
    fc.array(fc.oneof(fc.constant(0), fc.nat(), fc.maxSafeNat()), { minLength: 1, maxLength: 70 }),
  ),
  { maxLength: 30 },
);

function contents(frame: GrowthFrame): [number, number[]][] {
  const read: [number, number[]][] = [];
  frame.each(({ subject, growth, length }) => read.push([subject, [...growth.subarray(0, length)]]));
  return read;
}

function withoutTail(growth: readonly number[]): number[] {
  return growth.slice(0, growth.findLastIndex((value) => value !== 0) + 1);
}

test('what is put into a frame comes out of it', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const frame = new GrowthFrame(0, 1, 1);
      for (const [subject, growth] of all) frame.add(subject, Float64Array.from(growth));
      frame.trim();
      expect(contents(frame)).toEqual(all.map(([subject, growth]) => [subject, withoutTail(growth)]));
    }),
  );
});

test('a subject that grew by three numbers takes few bytes', () => {
  const frame = new GrowthFrame(0, 1);
  const growth = new Float64Array(32);
  growth.set([200, 20, 0, 0, 1_000, 5_000]);
  frame.add(1_000, growth);
  frame.trim();
  expect(frame.byteLength).toBeLessThan(20);
});
