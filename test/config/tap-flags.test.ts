import { describe, expect, test } from 'vitest';
import { statusRange, topFlags, tapFlags } from '../../src/config/tap-flags.js';

describe('statuses', () => {
  test.each([
    ['404', 404, 404],
    ['100', 100, 100],
    ['999', 999, 999],
    ['1xx', 100, 199],
    ['5xx', 500, 599],
    ['9XX', 900, 999],
    ['400-499', 400, 499],
    ['204-204', 204, 204],
  ])('%s', (text, min, max) => {
    expect(statusRange(text)).toEqual({ ok: true, value: { min, max } });
  });

  test.each([
    '',
    '0',
    '99',
    '099',
    '1000',
    '0xx',
    '10xx',
    '5x',
    '5xxx',
    'xxx',
    'ok',
    '-404',
    '404-',
    '-',
    '4.4',
    '500-400',
    '400-99',
    '400-1000',
    '4xx-5xx',
    '400-5xx',
    '400-450-499',
    '404,405',
    ' 404',
    '404\n',
  ])('not %j', (text) => {
    expect(statusRange(text)).toEqual({ ok: false, expected: 'a status such as 404, 5xx or 400-499' });
  });
});

describe('requests a second', () => {
  const { parse, default: usual } = tapFlags['max-rps'];

  test.each([
    ['1', 1],
    ['100', 100],
    ['2.5', 2.5],
    ['0.001', 0.001],
    ['007', 7],
    ['100000', 100_000],
    ['100000.000', 100_000],
  ])('%s', (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value });
  });

  test.each([
    '',
    '0',
    '0.0',
    '0.000',
    '-1',
    '+1',
    '.5',
    '5.',
    '1.2345',
    '1e3',
    '0x10',
    '1,5',
    ' 1',
    '1\n',
    'many',
    '100001',
    '100000.001',
    '1000000',
    'NaN',
    'Infinity',
    '9'.repeat(400),
  ])('not %j', (text) => {
    expect(parse(text)).toEqual({ ok: false, expected: 'a number above 0, up to 100000' });
  });

  test('what is usual can be read, and is the same for top', () => {
    expect(parse(usual)).toEqual({ ok: true, value: 100 });
    expect(topFlags['max-rps']).toBe(tapFlags['max-rps']);
  });
});
