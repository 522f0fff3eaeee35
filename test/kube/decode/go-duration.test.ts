import { expect, test } from 'vitest';
import { parseGoDuration } from '../../../src/kube/decode/go-duration.js';

test.each([
  ['0', 0],
  ['-0', 0],
  ['+0', 0],
  ['0s', 0],
  ['-0s', 0],
  ['300ms', 300],
  ['+5s', 5_000],
  ['-1.5h', -5_400_000],
  ['2h45m', 9_900_000],
  ['1h15m30.918s', 4_530_918],
  ['1.005s', 1_005],
  ['.5s', 500],
  ['1.s', 1_000],
  ['1500us', 1.5],
  ['1µs', 0.001],
  ['1μs', 0.001],
  ['1ns', 0.000_001],
  ['10s10s', 20_000],
  ['1s1h', 3_601_000],
  ['2562047h', 2_562_047 * 3_600_000],
])('%s is %d ms', (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms);
});

test.each([
  '',
  '-',
  '+',
  '1',
  '10',
  's',
  '.s',
  '.',
  '1.2.3s',
  '--1s',
  '+-1s',
  '1 s',
  ' 1s',
  '1s ',
  '1S',
  '1d',
  '1s2',
  '1e3s',
  '0x1s',
  '1s-1s',
  '٣s',
  '2562048h',
  `${'9'.repeat(400)}h`,
])('%j is no duration', (text) => {
  expect(parseGoDuration(text)).toBeUndefined();
});

test('a hostile one is read in no time', () => {
  const text = '1'.repeat(1_000_000);
  const start = performance.now();
  expect(parseGoDuration(text)).toBeUndefined();
  expect(parseGoDuration(`${'1s'.repeat(500_000)}x`)).toBeUndefined();
  expect(performance.now() - start).toBeLessThan(1_000);
});
