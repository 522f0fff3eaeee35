import { expect, test } from 'vitest';
import { includesPort, parsePortRanges } from '../../src/core/port-ranges.js';

const one = (port: number) => ({ from: port, to: port });

test.each([
  ['', { ranges: [], wrong: [] }],
  ['25', { ranges: [one(25)], wrong: [] }],
  [' 25 , 443,,', { ranges: [one(25), one(443)], wrong: [] }],
  ['4000-4100, 65535', { ranges: [{ from: 4000, to: 4100 }, one(65_535)], wrong: [] }],
  ['db,25', { ranges: [one(5432), one(6432), one(25)], wrong: [] }],
  ['0,65536,-1,20-10,web,1-x', { ranges: [], wrong: ['0', '65536', '-1', '20-10', 'web', '1-x'] }],
])('%j', (text, expected) => {
  expect(parsePortRanges(text, (name) => (name === 'db' ? [5432, 6432] : []))).toEqual(expected);
});

test('a port is in a range that begins or ends with it', () => {
  const { ranges } = parsePortRanges('10-12,20');
  expect([9, 10, 11, 12, 13, 20, 21].map((port) => includesPort(ranges, port))).toEqual([
    false,
    true,
    true,
    true,
    false,
    true,
    false,
  ]);
});
