import { describe, expect, test } from 'vitest';
import { nodeDecoder } from '../../../src/kube/decode/node.js';
import { rawNode } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

describe('nodes', () => {
  test('with and without a zone', () => {
    const labels = { 'topology.kubernetes.io/zone': 'zone-a' };
    expect(rowOf(nodeDecoder(), rawNode('n1', { labels }))).toStrictEqual({ name: 'n1', zone: 'zone-a' });
    expect(rowOf(nodeDecoder(), rawNode('n2'))).toStrictEqual({ name: 'n2', zone: undefined });
  });

  test('labels that aren’t an object make it malformed', () => {
    expect(decodeRaw(nodeDecoder(), withField(rawNode('n1'), 'metadata.labels', 'x'))).toEqual({
      kind: 'malformed',
      problem: { field: 'metadata.labels', value: '"x"', expected: 'an object' },
    });
  });
});
