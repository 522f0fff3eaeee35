import { describe, expect, test } from 'vitest';
import { endpointsDecoder } from '../../../src/kube/decode/endpoints.js';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import { rawEndpoints } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const decode = endpointsDecoder(meshLabels('conduit.io'));

describe('endpoints', () => {
  test('each subset is a group, and what isn’t ready is kept and said to be so', () => {
    const subsets = [
      {
        addresses: [
          { ip: '10.1.0.1', hostname: 'web-0', targetRef: { kind: 'Pod', name: 'web-0', uid: 'u0' } },
        ],
        notReadyAddresses: [
          { ip: '10.1.0.2', targetRef: { kind: 'Pod', namespace: 'default', name: 'web-1' } },
        ],
        ports: [
          { name: 'http', port: 8080 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
      { addresses: [{ ip: '2001:DB8::1' }], ports: [{ port: 9090 }] },
      { addresses: null, ports: null },
    ];
    expect(rowOf(decode, rawEndpoints('web', { subsets }))).toStrictEqual({
      id: 'default/web',
      namespace: 'default',
      service: 'default/web',
      groups: [
        {
          ports: [{ name: 'http', port: 8080 }],
          backends: [
            {
              ip: '10.1.0.1',
              ready: true,
              target: { kind: 'Pod', id: 'default/web-0', uid: 'u0' },
              hostname: 'web-0',
              zone: undefined,
              forZones: undefined,
            },
            {
              ip: '10.1.0.2',
              ready: false,
              target: { kind: 'Pod', id: 'default/web-1', uid: undefined },
              hostname: undefined,
              zone: undefined,
              forZones: undefined,
            },
          ],
        },
        {
          ports: [{ name: '', port: 9090 }],
          backends: [
            {
              ip: '2001:db8::1',
              ready: true,
              target: { kind: 'Address' },
              hostname: undefined,
              zone: undefined,
              forZones: undefined,
            },
          ],
        },
        { ports: [], backends: [] },
      ],
      mirror: undefined,
      triggeredAtMs: undefined,
    });
  });

  test('without subsets there are no backends', () => {
    expect(rowOf(decode, rawEndpoints('web')).groups).toEqual([]);
    expect(rowOf(decode, rawEndpoints('web', { subsets: [] })).groups).toEqual([]);
  });

  test('a leader election’s record is irrelevant, unless it has addresses after all', () => {
    const annotations = { 'control-plane.alpha.kubernetes.io/leader': '{"holderIdentity":"a"}' };
    expect(decodeRaw(decode, rawEndpoints('lock', { annotations }))).toEqual({ kind: 'irrelevant' });
    const subsets = [{ addresses: [{ ip: '10.1.0.1' }] }];
    expect(rowOf(decode, rawEndpoints('lock', { annotations, subsets })).groups).toHaveLength(1);
  });

  test('a bad address doesn’t hide the good one beside it', () => {
    const subsets = [
      { addresses: [{ ip: 'host' }, {}, { ip: '10.1.0.1' }, { ip: '10.1.0.2', hostname: 3 }] },
    ];
    const result = decodeRaw(decode, rawEndpoints('web', { subsets }));
    expect(result).toMatchObject({
      kind: 'row',
      row: { groups: [{ backends: [{ ip: '10.1.0.1' }] }] },
      warnings: [
        { field: 'subsets[0].addresses[0].ip', value: '"host"' },
        { field: 'subsets[0].addresses[1].ip', value: 'nothing' },
        { field: 'subsets[0].addresses[3].hostname', value: '3' },
      ],
    });
  });

  test('subsets that aren’t a list make it malformed', () => {
    expect(decodeRaw(decode, withField(rawEndpoints('web'), 'subsets', 'x'))).toMatchObject({
      kind: 'malformed',
    });
  });
});
