import { expect, test } from 'vitest';
import { asRead, toOctets, toText } from '../../../src/proxy/tap/field-text.js';

const read = (...octets: number[]): string => Buffer.from(octets).toString('latin1');

test.each([
  ['', ''],
  ['/a?b', '/a?b'],
  [asRead('/caffè/✓/😀'), '/caffè/✓/😀'],
  [asRead('a\ufffdb'), 'a\ufffdb'],
  // Not UTF-8: told as it was read, and so never lost.
  [read(0x61, 0xff), 'aÿ'],
  [read(0xc3), 'Ã'],
])('%j as text is %j', (text, expected) => {
  expect(toText(text)).toBe(expected);
});

test('octets are those that were read', () => {
  const all = Array.from({ length: 256 }, (_, octet) => octet);
  expect([...toOctets(read(...all))]).toEqual(all);
});
