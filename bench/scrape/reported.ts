import type { Measure } from '../../src/telemetry/report.js';

/** Bounds of latencies, such as proxies count by. */
export const boundsMs: readonly number[] = [
  1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1_000, 2_000, 3_000, 4_000,
];

/** What is reported of each peer. */
export const measures: readonly Measure[] = [
  'requests',
  'responses',
  'latency',
  'tcp-opens',
  'tcp-closes',
  'tcp-read-bytes',
  'tcp-written-bytes',
  'tcp-open-connections',
];

/** How many samples these series come to: a histogram is one for each bucket, its sum and its count. */
export function samplesOf(series: number): number {
  const histograms = Math.floor(series / measures.length);
  return series + histograms * (boundsMs.length + 1 + 2 - 1);
}
