import { describe, expect, test } from 'vitest';
import { endpointSliceDecoder } from '../../../src/kube/decode/endpoint-slice.js';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import type { Backend } from '../../../src/mesh/rows.js';
import { rawEndpoint, rawSlice } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const decode = endpointSliceDecoder(meshLabels('conduit.io'));

function podBackend(ip: string, pod: string, fields: Partial<Backend> = {}): unknown {
  return {
    ip,
    ready: true,
    target: { kind: 'Pod', id: `default/${pod}`, uid: `uid-${pod}` },
    hostname: undefined,
    zone: 'zone-a',
    forZones: undefined,
    ...fields,
  };
}

function backendsOf(endpoints: unknown): readonly unknown[] | undefined {
  return rowOf(decode, rawSlice('web-1', 'web', { endpoints })).groups[0]?.backends;
}

describe('endpoint slices', () => {
  test('all that is kept', () => {
    const raw = rawSlice('web-1', 'web', {
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [rawEndpoint('10.1.0.1', 'web-a', { hostname: 'web-0' })],
    });
    expect(rowOf(decode, raw)).toStrictEqual({
      id: 'default/web-1',
      namespace: 'default',
      service: 'default/web',
      groups: [
        {
          ports: [{ name: 'http', port: 8080 }],
          backends: [podBackend('10.1.0.1', 'web-a', { hostname: 'web-0' })],
        },
      ],
      mirror: undefined,
      triggeredAtMs: undefined,
    });
  });

  test('hints name zones; none, and an empty list, are no hint', () => {
    const hints = [{ forZones: [{ name: 'a' }, { name: 'b' }] }, { forZones: [] }, {}, null, undefined];
    const endpoints = hints.map((each, index) => rawEndpoint(`10.1.0.${index}`, 'a', { hints: each }));
    const zones = backendsOf(endpoints)?.map((backend) => (backend as Backend).forZones);
    expect(zones).toEqual([['a', 'b'], undefined, undefined, undefined, undefined]);
  });

  test('only `false` is unready', () => {
    const conditions = [
      { ready: true },
      { ready: false },
      { ready: null },
      {},
      null,
      undefined,
      { serving: false },
    ];
    const endpoints = conditions.map((each, index) =>
      rawEndpoint(`10.1.0.${index}`, 'a', { conditions: each }),
    );
    const ready = backendsOf(endpoints)?.map((backend) => (backend as Backend).ready);
    expect(ready).toEqual([true, false, true, true, true, true, true]);
  });

  test('every address of an endpoint is a backend', () => {
    expect(backendsOf([rawEndpoint('10.1.0.1', 'a', { addresses: ['10.1.0.1', '10.1.0.2'] })])).toEqual([
      podBackend('10.1.0.1', 'a'),
      podBackend('10.1.0.2', 'a'),
    ]);
  });

  test('what stands behind an address', () => {
    const targets = [
      undefined,
      { kind: 'ExternalWorkload', name: 'vm', namespace: 'default' },
      { kind: 'Pod', name: 'x' },
      { kind: 'Pod', name: 'x', namespace: 'elsewhere', uid: 'u' },
    ];
    const endpoints = targets.map((targetRef) => ({ addresses: ['10.1.0.1'], targetRef }));
    expect(backendsOf(endpoints)?.map((backend) => (backend as Backend).target)).toEqual([
      { kind: 'Address' },
      { kind: 'ExternalWorkload', id: 'default/vm', uid: undefined },
      { kind: 'Pod', id: 'default/x', uid: undefined },
      { kind: 'Pod', id: 'elsewhere/x', uid: 'u' },
    ]);
  });

  test('addresses are put into canonical form', () => {
    const raw = rawSlice('web-1', 'web', {
      addressType: 'IPv6',
      endpoints: [{ addresses: ['2001:DB8:0:0:0:0:0:1', '::', '::ffff:10.0.0.1'] }],
    });
    expect(rowOf(decode, raw).groups[0]?.backends.map(({ ip }) => ip)).toEqual([
      '2001:db8::1',
      '::',
      '10.0.0.1',
    ]);
  });

  test('a bad endpoint doesn’t hide the good ones beside it', () => {
    const raw = rawSlice('web-1', 'web', {
      endpoints: [
        rawEndpoint('10.1.0.1', 'a'),
        rawEndpoint('10.1.0.256', 'b', {
          addresses: ['10.1.0.256', '010.1.0.1', 'fe80::1%eth0', 7, '10.1.0.2'],
        }),
        rawEndpoint('10.1.0.3', 'c', { conditions: { ready: 'yes' } }),
        rawEndpoint('10.1.0.4', 'd', { targetRef: { kind: 'Pod' } }),
        'nonsense',
        rawEndpoint('10.1.0.5', 'e'),
      ],
      ports: [
        { name: 'http', port: 8080 },
        { name: 'bad', port: 0 },
      ],
    });
    expect(decodeRaw(decode, raw)).toEqual({
      kind: 'row',
      row: {
        id: 'default/web-1',
        namespace: 'default',
        service: 'default/web',
        groups: [
          {
            ports: [{ name: 'http', port: 8080 }],
            backends: [podBackend('10.1.0.1', 'a'), podBackend('10.1.0.2', 'b'), podBackend('10.1.0.5', 'e')],
          },
        ],
        mirror: undefined,
        triggeredAtMs: undefined,
      },
      warnings: [
        { field: 'endpoints[1].addresses[0]', value: '"10.1.0.256"', expected: 'an IP address' },
        { field: 'endpoints[1].addresses[1]', value: '"010.1.0.1"', expected: 'an IP address' },
        { field: 'endpoints[1].addresses[2]', value: '"fe80::1%eth0"', expected: 'an IP address' },
        { field: 'endpoints[1].addresses[3]', value: '7', expected: 'a string' },
        { field: 'endpoints[2].conditions.ready', value: '"yes"', expected: 'true or false' },
        { field: 'endpoints[3].targetRef.name', value: 'nothing', expected: 'a non-empty string' },
        { field: 'endpoints[4]', value: '"nonsense"', expected: 'an object' },
        { field: 'ports[1].port', value: '0', expected: 'a port, 1 to 65535' },
      ],
    });
  });

  test.each([
    ['null is no ports', null, []],
    ['no list is no ports', undefined, []],
    ['a port without a number is none', [{ name: 'a', port: null }, { name: 'b' }], []],
    [
      'no name is the empty one',
      [{ name: null, port: 80 }, { port: 81 }],
      [
        { name: '', port: 80 },
        { name: '', port: 81 },
      ],
    ],
    ['a UDP port is none', [{ name: 'dns', port: 53, protocol: 'UDP' }], []],
  ])('ports: %s', (_, ports, expected) => {
    const raw = withField(rawSlice('web-1', 'web'), 'ports', ports);
    expect(rowOf(decode, raw).groups[0]?.ports).toEqual(expected);
  });

  test('a slice of host names has no backends', () => {
    const raw = rawSlice('web-1', 'web', {
      addressType: 'FQDN',
      endpoints: [{ addresses: ['example.com'] }],
    });
    expect(rowOf(decode, raw).groups[0]?.backends).toEqual([]);
  });

  test('the service is named by the label, else by the first owner that is a service', () => {
    const owners = [
      { kind: 'Deployment', name: 'x' },
      { kind: 'Service', name: 'owner' },
      { kind: 'Service', name: 'second' },
    ];
    expect(rowOf(decode, rawSlice('s', 'label', { owners })).service).toBe('default/label');
    expect(rowOf(decode, rawSlice('s', undefined, { owners })).service).toBe('default/owner');
    expect(rowOf(decode, rawSlice('s', '', { owners })).service).toBe('default/owner');
  });

  test('a slice of no service is irrelevant', () => {
    expect(decodeRaw(decode, rawSlice('s', undefined))).toEqual({ kind: 'irrelevant' });
    const owners = [{ kind: 'Deployment', name: 'x' }];
    expect(decodeRaw(decode, rawSlice('s', undefined, { owners }))).toEqual({ kind: 'irrelevant' });
  });

  test.each([
    ['endpoints', 'many', 'an array'],
    ['ports', {}, 'an array'],
    ['metadata.labels', 'web', 'an object'],
    ['addressType', 4, 'a string'],
  ])('%s = %j makes it malformed', (field, value, expected) => {
    expect(decodeRaw(decode, withField(rawSlice('s', 'web'), field, value))).toEqual({
      kind: 'malformed',
      problem: { field, value: JSON.stringify(value), expected },
    });
  });
});
