import { describe, expect, test } from 'vitest';
import { endpointSliceDecoder } from '../../../src/kube/decode/endpoint-slice.js';
import { endpointsDecoder } from '../../../src/kube/decode/endpoints.js';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import { type RawOptions, rawEndpoints, rawSlice } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const mesh = meshLabels('linkerd.io');

describe.each([
  ['a slice', endpointSliceDecoder(mesh), (options: RawOptions) => rawSlice('web-east', 'web', options)],
  ['an Endpoints', endpointsDecoder(mesh), (options: RawOptions) => rawEndpoints('web-east', options)],
])('what the metadata of %s says', (_, decode, build) => {
  const rowWith = (options: RawOptions) => rowOf(decode, build(options));

  test('of the other cluster it leads to', () => {
    const labels = { 'mirror.linkerd.io/cluster-name': 'east' };
    const annotations = {
      'mirror.linkerd.io/remote-svc-fq-name': 'web.shop.svc.cluster.local',
      'mirror.linkerd.io/remote-gateway-identity': 'gateway.linkerd-multicluster',
    };
    expect(rowWith({ labels, annotations }).mirror).toStrictEqual({
      cluster: 'east',
      remoteService: 'web.shop.svc.cluster.local',
      gatewayIdentity: 'gateway.linkerd-multicluster',
    });
    expect(rowWith({ labels }).mirror).toStrictEqual({
      cluster: 'east',
      remoteService: undefined,
      gatewayIdentity: undefined,
    });
    expect(rowWith({ annotations }).mirror?.cluster).toBeUndefined();
  });

  test('is nothing of that where values are empty, or of another mesh domain', () => {
    const annotations = {
      'mirror.linkerd.io/remote-svc-fq-name': '',
      'mirror.conduit.io/remote-svc-fq-name': 'a.b',
    };
    const labels = { 'mirror.linkerd.io/cluster-name': '', 'mirror.conduit.io/cluster-name': 'east' };
    expect(rowWith({ labels, annotations }).mirror).toBeUndefined();
  });

  test('wrongly of a mirror is left out', () => {
    const raw = withField(build({}), 'metadata.annotations', {
      'mirror.linkerd.io/remote-svc-fq-name': 7,
      'mirror.linkerd.io/remote-gateway-identity': 'gateway',
    });
    expect(decodeRaw(decode, raw)).toMatchObject({
      row: { mirror: { remoteService: undefined, gatewayIdentity: 'gateway' } },
      warnings: [
        {
          field: 'metadata.annotations["mirror.linkerd.io/remote-svc-fq-name"]',
          value: '7',
          expected: 'a string',
        },
      ],
    });
    expect(decodeRaw(decode, withField(build({}), 'metadata.annotations', [1]))).toMatchObject({
      row: { mirror: undefined, triggeredAtMs: undefined },
      warnings: [{ field: 'metadata.annotations', value: '[1]', expected: 'an object' }],
    });
  });

  test.each([
    ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02T03:04:05.678912345Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    ['2026-01-02T03:04:05+02:00', Date.UTC(2026, 0, 2, 1, 4, 5)],
    ['', undefined],
    ['yesterday', undefined],
    ['2026-01-02', undefined],
    ['2026-13-02T03:04:05Z', undefined],
    [7, undefined],
    [null, undefined],
  ])('%j of the change that brought it', (text, expected) => {
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': text };
    const row = rowOf(decode, withField(build({}), 'metadata.annotations', annotations));
    expect(row.triggeredAtMs).toBe(expected);
  });
});
