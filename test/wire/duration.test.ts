import { expect, test } from 'vitest';
import { toDuration } from '../../src/wire/duration.js';

test.each([
  [0, 0n, 0],
  [1, 0n, 1_000_000],
  [999, 0n, 999_000_000],
  [1_000, 1n, 0],
  [1_500.25, 1n, 500_250_000],
  [0.000_001, 0n, 1],
  [999.999_999_9, 1n, 0],
  [86_400_000, 86_400n, 0],
])('%d ms', (ms, seconds, nanos) => {
  expect(toDuration(ms)).toEqual({ seconds, nanos });
});
