import { expect, test } from 'vitest';
import { parseDurationMs } from '../../../src/sandbox/controllers/duration.js';

test.each([
  ['500ms', 500],
  ['2s', 2_000],
  ['0s', 0],
  ['1.5s', 1_500],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(['', '5', 's', '-2s', '2 s', '2d', '2s!'])('"%s" is no span of time', (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
});
