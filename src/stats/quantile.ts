/**
 * A quantile of a histogram, as Prometheus's `histogram_quantile` estimates it
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile): values are taken to be evenly
 * spread within a bucket, the first of which begins at 0, and what is in the bucket without a bound is taken for the
 * greatest bound. `counts` has one more than there are bounds. Undefined for an empty histogram, and without any bound.
 */
export function quantile(
  q: number,
  boundsMs: readonly number[],
  counts: ArrayLike<number>,
): number | undefined {
  let total = 0;
  for (let bucket = 0; bucket <= boundsMs.length; bucket++) total += counts[bucket] ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  let below = 0;
  let start = 0;
  for (let bucket = 0; bucket < boundsMs.length; bucket++) {
    const bound = boundsMs[bucket] ?? start;
    const count = counts[bucket] ?? 0;
    if (below + count >= rank && count > 0) return start + (bound - start) * ((rank - below) / count);
    below += count;
    start = bound;
  }
  return boundsMs.at(-1);
}
