import { describe, expect, test } from 'vitest';
import { keptSeeds } from './kept-seeds.js';
import { report, trySeed } from './try-seed.js';

/** `npm run test:seeds` runs as many as one likes. */
const seeds = 300;
const perTest = 50;

function firstFailure(from: number, to: number): string | undefined {
  for (let seed = from; seed < to; seed++) {
    const failed = trySeed(seed);
    if (failed !== undefined) return report(failed);
  }
  return undefined;
}

describe('every stream ends equal to the oracle, by way of states that it justifies', () => {
  for (let from = 0; from < seeds; from += perTest) {
    test(`seeds ${from} to ${from + perTest - 1}`, { timeout: 120_000 }, () => {
      expect(firstFailure(from, from + perTest)).toBe(undefined);
    });
  }
});

describe('histories that once failed', () => {
  test.each(keptSeeds)('seed %i: %s', (seed) => {
    expect(firstFailure(seed, seed + 1)).toBe(undefined);
  });
});
