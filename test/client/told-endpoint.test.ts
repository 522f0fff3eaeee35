import { describe, expect, test } from 'vitest';
import { decodeEndpoints, type ToldEndpoint } from '../../src/client/told-endpoint.js';
import { WeightedAddrSet } from '../../src/gen/io/linkerd/proxy/destination/destination.js';

type Partial = Parameters<typeof WeightedAddrSet.fromPartial>[0];

function decode(set: Partial): readonly ToldEndpoint[] {
  return decodeEndpoints(WeightedAddrSet.fromPartial(set));
}

const ipv4 = { ip: { ip: { $case: 'ipv4', value: 0x0a_00_00_01 } }, port: 80 } as const;

test('decodes all that a proxy may be told', () => {
  const endpoints = decode({
    metricLabels: new Map([
      ['service', 'web'],
      ['zone', 'of the set'],
    ]),
    addrs: [
      {
        addr: ipv4,
        weight: 7,
        metricLabels: new Map([['zone', 'its own']]),
        tlsIdentity: {
          strategy: { $case: 'dnsLikeIdentity', value: { name: 'web.shop' } },
          serverName: { name: 'sni.shop' },
        },
        protocolHint: { protocol: { $case: 'opaque', value: {} }, opaqueTransport: { inboundPort: 4143 } },
        authorityOverride: { authorityOverride: 'web.example.com:80' },
        resourceRef: {
          kind: {
            $case: 'resource',
            value: { group: 'core', kind: 'Pod', name: 'web-1', namespace: 'shop', section: '', port: 0 },
          },
        },
      },
    ],
  });
  expect(endpoints).toEqual([
    {
      ip: '10.0.0.1',
      port: 80,
      weight: 7,
      labels: new Map([
        ['service', 'web'],
        ['zone', 'its own'],
      ]),
      identity: { kind: 'dns', name: 'web.shop', serverName: 'sni.shop' },
      protocol: 'opaque',
      transportPort: 4143,
      authorityOverride: 'web.example.com:80',
      resource: { group: 'core', kind: 'Pod', name: 'web-1', namespace: 'shop', section: '', port: 0 },
    },
  ]);
});

test('leaves undefined what is not said', () => {
  expect(decode({ addrs: [{ addr: ipv4 }] })).toEqual([
    {
      ip: '10.0.0.1',
      port: 80,
      weight: 0,
      labels: new Map(),
      identity: undefined,
      protocol: undefined,
      transportPort: undefined,
      authorityOverride: undefined,
      resource: undefined,
    },
  ]);
});

describe('identities', () => {
  test('a DNS-like one is its own server name', () => {
    const [endpoint] = decode({
      addrs: [
        { addr: ipv4, tlsIdentity: { strategy: { $case: 'dnsLikeIdentity', value: { name: 'web.shop' } } } },
      ],
    });
    expect(endpoint?.identity).toEqual({ kind: 'dns', name: 'web.shop', serverName: 'web.shop' });
  });

  test('a URI has a server name only where one is given', () => {
    const strategy = { $case: 'uriLikeIdentity', value: { uri: 'spiffe://shop/web' } } as const;
    const endpoints = decode({
      addrs: [
        { addr: ipv4, tlsIdentity: { strategy } },
        { addr: ipv4, tlsIdentity: { strategy, serverName: { name: 'web.shop' } } },
      ],
    });
    expect(endpoints.map(({ identity }) => identity)).toEqual([
      { kind: 'uri', name: 'spiffe://shop/web', serverName: undefined },
      { kind: 'uri', name: 'spiffe://shop/web', serverName: 'web.shop' },
    ]);
  });
});

describe('addresses', () => {
  const ipOf = (text: string): string | undefined => {
    const halves = [text.slice(0, 16), text.slice(16)].map((half) => BigInt(`0x${half}`));
    const [first, last] = halves;
    const ip = { $case: 'ipv6', value: { first: first!, last: last! } } as const;
    return decode({ addrs: [{ addr: { ip: { ip }, port: 80 } }] })[0]?.ip;
  };

  test.each([
    [0, '0.0.0.0'],
    [0x7f_40_00_03, '127.64.0.3'],
    [0xff_ff_ff_ff, '255.255.255.255'],
  ])('IPv4 %i is %s', (value, text) => {
    const ip = { $case: 'ipv4', value } as const;
    expect(decode({ addrs: [{ addr: { ip: { ip }, port: 80 } }] })[0]?.ip).toBe(text);
  });

  test.each([
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['00010000000000020000000000000003', '1:0:0:2::3'],
    ['fd000000000000000000000000000000', 'fd00::'],
    ['0000000000000000000000000000000f', '::f'],
    ['00000000000000000000000000000000', '::'],
    ['ABCD0123456789ABCDEF012345678901', 'abcd:123:4567:89ab:cdef:123:4567:8901'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['ffffffffffffffffffffffffffffffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('IPv6 %s is %s', (octets, text) => {
    expect(ipOf(octets)).toBe(text);
  });

  test('one that is incomplete or has no valid port is left out', () => {
    const endpoints = decode({
      addrs: [
        {},
        { addr: { port: 80 } },
        { addr: { ip: {}, port: 80 } },
        { addr: { ...ipv4, port: 0 } },
        { addr: { ...ipv4, port: 65_536 } },
        { addr: { ...ipv4, port: 65_535 } },
      ],
    });
    expect(endpoints.map(({ port }) => port)).toEqual([65_535]);
  });
});
