import { describe, expect, test } from 'vitest';
import { Backoff } from '../../src/runtime/backoff.js';

function delays(backoff: Backoff, count: number): readonly number[] {
  return Array.from({ length: count }, () => backoff.next());
}

describe('backoff', () => {
  test('doubles from the shortest delay to the longest', () => {
    const longest = new Backoff({ random: () => 0 });
    expect(delays(longest, 8)).toEqual([1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    const shortest = new Backoff({ random: () => 1 - Number.EPSILON });
    expect(delays(shortest, 7).map(Math.round)).toEqual([800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
  });

  test('stays within its bounds, and spreads', () => {
    const seen = Array.from({ length: 1_000 }, () => delays(new Backoff(), 10)).flat();
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(800);
    expect(Math.max(...seen)).toBeLessThanOrEqual(30_000);
    expect(new Set(seen).size).toBeGreaterThan(9_000);
  });

  test('starts over after a reset', () => {
    const backoff = new Backoff({ minMs: 10, maxMs: 100, random: () => 0 });
    expect(delays(backoff, 3)).toEqual([20, 40, 80]);
    expect(backoff.attempts).toBe(3);
    backoff.reset();
    expect(backoff.attempts).toBe(0);
    expect(backoff.next()).toBe(20);
  });

  test('doesn’t overflow however long it goes on', () => {
    const backoff = new Backoff({ random: () => 0.5 });
    const seen = delays(backoff, 5_000);
    expect(seen.every(Number.isFinite)).toBe(true);
    expect(seen.at(-1)).toBe(22_500);
  });

  test('refuses bounds that make no sense', () => {
    expect(() => new Backoff({ minMs: 0 })).toThrow(RangeError);
    expect(() => new Backoff({ minMs: 10, maxMs: 5 })).toThrow(RangeError);
  });
});
