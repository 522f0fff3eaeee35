import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile } from '../../src/stats/quantile.js';

const bounds = [10, 100, 1_000];

// What `histogram_quantile` of Prometheus's own documentation and tests says of the same histograms.
test.each<[string, number, readonly number[], readonly number[], number | undefined]>([
  ['the middle of the first bucket, which begins at 0', 0.5, bounds, [4, 0, 0, 0], 5],
  ['the end of a bucket', 0.5, bounds, [2, 2, 0, 0], 10],
  ['within a bucket, evenly spread', 0.75, bounds, [2, 2, 0, 0], 55],
  ['past buckets that are empty', 0.9, bounds, [1, 0, 9, 0], 100 + 900 * (8 / 9)],
  ['all of it', 1, bounds, [1, 1, 0, 0], 100],
  ['none of it', 0, bounds, [1, 1, 0, 0], 0],
  ['what has no bound is taken for the greatest', 0.99, bounds, [1, 0, 0, 9], 1_000],
  ['nothing but that', 0.5, bounds, [0, 0, 0, 3], 1_000],
  ['an empty histogram', 0.5, bounds, [0, 0, 0, 0], undefined],
  ['no bounds', 0.5, [], [7], undefined],
  ['one bound', 0.5, [8], [2, 0], 4],
  ['estimates that aren’t whole', 0.5, bounds, [0.25, 0.25, 0, 0], 10],
])('%s', (_name, q, boundsMs, counts, expected) => {
  expect(quantile(q, boundsMs, counts)).toEqual(
    expected === undefined ? undefined : expect.closeTo(expected, 9),
  );
});

test('quantiles rise, stay within the bounds, and do not depend on how many there are', () => {
  const counts = fc.array(fc.nat({ max: 1_000 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 50 }), (each, factor) => {
      const found = [0.5, 0.95, 0.99].map((q) => quantile(q, bounds, each));
      if (each.every((count) => count === 0)) {
        expect(found).toEqual([undefined, undefined, undefined]);
        return;
      }
      const [p50 = -1, p95 = -1, p99 = -1] = found;
      expect(0 <= p50 && p50 <= p95 && p95 <= p99 && p99 <= 1_000).toBe(true);
      const more = each.map((count) => count * factor);
      expect(quantile(0.95, bounds, more)).toBeCloseTo(p95, 6);
    }),
  );
});
