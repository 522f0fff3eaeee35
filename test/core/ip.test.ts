import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalIp } from '../../src/core/ip.js';

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8::0:1', '2001:db8::1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:a00:1', '10.0.0.1'],
  ['0:0:0:0:0:ffff:0:0', '0.0.0.0'],
  ['::ffff:255.255.255.255', '255.255.255.255'],
  // An IPv4-compatible address (RFC 4291, section 2.5.5.1) isn't a mapped one.
  ['::10.0.0.1', '::a00:1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('%s is %s', (text, canonical) => {
  expect(canonicalIp(text)).toBe(canonical);
});

test.each([
  '',
  'web',
  '10.0.0',
  '10.0.0.256',
  '010.0.0.1',
  '10.0.0.1 ',
  '0x0a.0.0.1',
  '167772161',
  '[::1]',
  ':::',
  '1::2::3',
  'fe80::1%eth0',
  '::1%',
  '::1]/x?[',
])('%j is none', (text) => {
  expect(canonicalIp(text)).toBeUndefined();
});

test('every way to write an IPv6 address leads to the same text, which is that address', () => {
  fc.assert(
    fc.property(fc.ipV6(), (ip) => {
      const canonical = canonicalIp(ip) ?? '';
      const same = new BlockList();
      same.addAddress(ip, 'ipv6');
      expect(same.check(canonical, isIP(canonical) === 4 ? 'ipv4' : 'ipv6')).toBe(true);
      expect(canonicalIp(canonical)).toBe(canonical);
      expect(canonicalIp(ip.toUpperCase())).toBe(canonical);
    }),
  );
});
