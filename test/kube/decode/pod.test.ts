import { describe, expect, test } from 'vitest';
import { meshLabels } from '../../../src/kube/decode/mesh-labels.js';
import { podDecoder } from '../../../src/kube/decode/pod.js';
import { rawPod } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const conduit = meshLabels('conduit.io');

describe('pods', () => {
  test('a meshed pod of a deployment', () => {
    const raw = rawPod('web-7d8f-abc', {
      namespace: 'shop',
      uid: 'u-1',
      nodeName: 'node-1',
      serviceAccountName: 'web',
      labels: { app: 'web', 'pod-template-hash': '7d8f', 'conduit.io/control-plane-ns': 'conduit' },
      owners: [{ kind: 'ReplicaSet', name: 'web-7d8f' }],
    });
    expect(rowOf(podDecoder(conduit), raw)).toEqual({
      id: 'shop/web-7d8f-abc',
      namespace: 'shop',
      name: 'web-7d8f-abc',
      uid: 'u-1',
      nodeName: 'node-1',
      serviceAccount: 'web',
      owner: { kind: 'ReplicaSet', name: 'web-7d8f' },
      controlPlaneNamespace: 'conduit',
      podTemplateHash: '7d8f',
    });
  });

  test('a bare pod that isn’t scheduled: what is absent is undefined, and all rows have the same fields', () => {
    const row = rowOf(podDecoder(conduit), rawPod('lone', { uid: 'u-2' }));
    expect(row).toStrictEqual({
      id: 'default/lone',
      namespace: 'default',
      name: 'lone',
      uid: 'u-2',
      nodeName: undefined,
      serviceAccount: 'default',
      owner: undefined,
      controlPlaneNamespace: undefined,
      podTemplateHash: undefined,
    });
  });

  test('the label of another mesh domain says nothing', () => {
    const raw = rawPod('a', { labels: { 'linkerd.io/control-plane-ns': 'linkerd' } });
    expect(rowOf(podDecoder(conduit), raw).controlPlaneNamespace).toBeUndefined();
    expect(rowOf(podDecoder(meshLabels('linkerd.io')), raw).controlPlaneNamespace).toBe('linkerd');
  });

  test('an empty label is an absent one', () => {
    const raw = rawPod('a', { labels: { 'conduit.io/control-plane-ns': '', 'pod-template-hash': '' } });
    const row = rowOf(podDecoder(conduit), raw);
    expect([row.controlPlaneNamespace, row.podTemplateHash]).toEqual([undefined, undefined]);
  });

  test('several owners are none', () => {
    const raw = rawPod('a', {
      owners: [
        { kind: 'Job', name: 'x' },
        { kind: 'Job', name: 'y' },
      ],
    });
    expect(rowOf(podDecoder(conduit), raw).owner).toBeUndefined();
  });

  test.each([
    ['spec.nodeName', 7, 'a string'],
    ['spec', 'text', 'an object'],
    ['metadata.labels', [], 'an object'],
    ['metadata.uid', null, 'a non-empty string'],
    ['metadata.ownerReferences', {}, 'an array'],
  ])('%s = %j makes it malformed', (field, value, expected) => {
    expect(decodeRaw(podDecoder(conduit), withField(rawPod('a'), field, value))).toEqual({
      kind: 'malformed',
      problem: { field, value: value === null ? 'null' : JSON.stringify(value), expected },
    });
  });

  test.each([
    'spec.containers',
    'status',
    'metadata.annotations',
    'metadata.managedFields',
  ])('what stands in %s doesn’t matter', (field) => {
    const decode = podDecoder(conduit);
    expect(rowOf(decode, withField(rawPod('a'), field, 42))).toEqual(rowOf(decode, rawPod('a')));
  });
});
