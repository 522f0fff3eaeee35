import { describe, expect, test } from 'vitest';
import { nodeDecoder } from '../../../src/kube/decode/node.js';
import { rawNode } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

describe('nodes', () => {
  test('with and without a zone', () => {
    const labels = { 'topology.kubernetes.io/zone': 'zone-a' };
    expect(rowOf(nodeDecoder(), rawNode('n1', { labels }))).toStrictEqual({
      name: 'n1',
      zone: 'zone-a',
      ips: [],
    });
    expect(rowOf(nodeDecoder(), rawNode('n2'))).toStrictEqual({
      name: 'n2',
      zone: undefined,
      ips: [],
    });
  });

  test('of the addresses those inside of the cluster, in canonical form', () => {
    const addresses = [
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '192.168.0.1' },
      { type: 'ExternalIP', address: '203.0.113.1' },
      { type: 'InternalIP', address: 'FD00:0::1' },
    ];
    const raw = withField(rawNode('n1'), 'status', { addresses });
    expect(rowOf(nodeDecoder(), raw).ips).toEqual(['192.168.0.1', 'fd00::1']);
  });

  test('an address that is none is left out, and the node stays', () => {
    const addresses = [
      { type: 'InternalIP', address: 'here' },
      { type: 'InternalIP', address: '192.168.0.1' },
    ];
    expect(decodeRaw(nodeDecoder(), withField(rawNode('n1'), 'status', { addresses }))).toMatchObject({
      kind: 'row',
      row: { name: 'n1', ips: ['192.168.0.1'] },
      warnings: [{ field: 'status.addresses[0].address', value: '"here"', expected: 'an IP address' }],
    });
  });

  test('labels that aren’t an object make it malformed', () => {
    expect(decodeRaw(nodeDecoder(), withField(rawNode('n1'), 'metadata.labels', 'x'))).toEqual({
      kind: 'malformed',
      problem: { field: 'metadata.labels', value: '"x"', expected: 'an object' },
    });
  });
});
