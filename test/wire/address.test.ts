import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toTcpAddress } from '../../src/wire/address.js';

test('IPv4 is one big-endian number', () => {
  expect(toTcpAddress('127.0.0.1', 80)).toEqual({
    ip: { ip: { $case: 'ipv4', value: 0x7f000001 } },
    port: 80,
  });
  expect(toTcpAddress('255.255.255.255', 65_535)).toEqual({
    ip: { ip: { $case: 'ipv4', value: 0xffffffff } },
    port: 65_535,
  });
});

test.each([
  ['::', 0n, 0n],
  ['::1', 0n, 1n],
  ['fd00::', 0xfd00000000000000n, 0n],
  ['fd00:1::2:3', 0xfd00000100000000n, 0x0000000000020003n],
  ['2001:db8:1:2:3:4:5:6', 0x20010db800010002n, 0x0003000400050006n],
  ['::ffff:10.0.0.1', 0n, 0x0000ffff0a000001n],
  ['64:ff9b::192.0.2.33', 0x0064ff9b00000000n, 0x00000000c0000221n],
])('IPv6 %s', (ip, first, last) => {
  expect(toTcpAddress(ip, 1)).toEqual({ ip: { ip: { $case: 'ipv6', value: { first, last } } }, port: 1 });
});

test('every IPv6 address is the one that Node reads', () => {
  fc.assert(
    fc.property(fc.ipV6(), (ip) => {
      const { ip: address } = toTcpAddress(ip, 1).ip ?? {};
      if (address?.$case !== 'ipv6') throw new Error(`${ip} became ${address?.$case}`);
      const hex = [address.value.first, address.value.last]
        .map((half) => half.toString(16).padStart(16, '0'))
        .join('');
      const only = new BlockList();
      only.addAddress(hex.match(/.{4}/g)!.join(':'), 'ipv6');
      expect(only.check(ip, 'ipv6')).toBe(true);
    }),
  );
});
