import { expect, test } from 'vitest';
import { parseQuantity } from '../../../src/kube/decode/quantity.js';

test.each([
  ['0', 0],
  ['1', 1],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['1.', 1],
  ['+2', 2],
  ['-2', -2],
  ['-0', 0],
  ['500m', 0.5],
  ['1.5m', 0.0015],
  ['250u', 0.000_25],
  ['7n', 7e-9],
  ['1k', 1_000],
  ['3M', 3e6],
  ['3G', 3e9],
  ['3T', 3e12],
  ['3P', 3e15],
  ['3E', 3e18],
  ['1Ki', 1_024],
  ['0.5Mi', 524_288],
  ['1Gi', 2 ** 30],
  ['1Ti', 2 ** 40],
  ['1Pi', 2 ** 50],
  ['1Ei', 2 ** 60],
  ['1e3', 1_000],
  ['1E3', 1_000],
  ['1e-3', 0.001],
  ['2.5e+1', 25],
  ['1e999', Number.POSITIVE_INFINITY],
])('%s is %d', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

test.each([
  '',
  'm',
  '.',
  '1 ',
  ' 1',
  '1K',
  '1ki',
  '1mi',
  '1kk',
  '1e',
  '1e1.5',
  '1m1',
  '--1',
  '0x10',
  'NaN',
  'Infinity',
  '1,5',
  '1_000',
])('%j is no quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});
