import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile } from '../../src/stats/quantile.js';

const boundsMs = [10, 100, 1_000];

test.each<[string, number, readonly number[], number | undefined]>([
  ['nothing', 0.5, [0, 0, 0, 0], undefined],
  ['the first bucket begins at 0', 0.5, [10, 0, 0, 0], 5],
  ['within a bucket values are evenly spread', 0.5, [0, 10, 0, 0], 55],
  ['the edge of a bucket', 0.5, [5, 5, 0, 0], 10],
  ['empty buckets between', 0.75, [2, 0, 2, 0], 550],
  ['what has no bound is taken for the greatest bound', 0.99, [1, 1, 1, 97], 1_000],
])('%s', (_name, q, counts, expected) => {
  expect(quantile(q, boundsMs, counts)).toBe(expected);
});

test('there is none without a bound', () => {
  expect(quantile(0.5, [], [7])).toBeUndefined();
});

/** Prometheus's algorithm as its documentation and source have it: cumulative counts, and a search for the rank. */
function histogramQuantile(q: number, counts: readonly number[]): number {
  const buckets = counts.map((_count, index) =>
    counts.slice(0, index + 1).reduce((sum, each) => sum + each, 0),
  );
  const observations = buckets.at(-1) ?? 0;
  if (observations === 0) return Number.NaN;
  let rank = q * observations;
  const found = buckets.slice(0, -1).findIndex((count) => count >= rank);
  if (found === -1) return boundsMs.at(-1) ?? Number.NaN;
  const end = boundsMs[found] ?? Number.NaN;
  if (found === 0) return end * (rank / (buckets[0] ?? 0));
  const start = boundsMs[found - 1] ?? Number.NaN;
  const below = buckets[found - 1] ?? 0;
  rank -= below;
  return start + (end - start) * (rank / ((buckets[found] ?? 0) - below));
}

test('it is what Prometheus makes of the same buckets', () => {
  const counts = fc.array(fc.nat({ max: 1_000 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(0.5, 0.95, 0.99), counts, (q, each) => {
      expect(quantile(q, boundsMs, each) ?? Number.NaN).toBeCloseTo(histogramQuantile(q, each), 8);
    }),
  );
});
