import { describe, expect, test } from 'vitest';
import { workloadOwnerDecoder } from '../../../src/kube/decode/workload-owner.js';
import { rawJob, rawReplicaSet } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf } from './decode.js';

describe('replica sets and jobs', () => {
  test('the owner, where there is exactly one', () => {
    const deployment = { kind: 'Deployment', name: 'web' };
    const decode = workloadOwnerDecoder('ReplicaSet');
    expect(rowOf(decode, rawReplicaSet('web-1', { owners: [deployment] }))).toStrictEqual({
      id: 'default/web-1',
      owner: deployment,
    });
    expect(rowOf(decode, rawReplicaSet('web-1'))).toStrictEqual({ id: 'default/web-1', owner: undefined });
    expect(rowOf(decode, rawReplicaSet('web-1', { owners: [deployment, deployment] })).owner).toBeUndefined();
    expect(
      rowOf(workloadOwnerDecoder('Job'), rawJob('j', { owners: [{ kind: 'CronJob', name: 'c' }] })),
    ).toStrictEqual({
      id: 'default/j',
      owner: { kind: 'CronJob', name: 'c' },
    });
  });

  test('the metadata alone is enough', () => {
    const partial = { kind: 'PartialObjectMetadata', metadata: rawReplicaSet('web-1').metadata };
    expect(rowOf(workloadOwnerDecoder('ReplicaSet'), partial).id).toBe('default/web-1');
  });

  test('an owner without a name makes it malformed', () => {
    const raw = rawReplicaSet('web-1', { owners: [{ kind: 'Deployment', name: '' }] });
    expect(decodeRaw(workloadOwnerDecoder('ReplicaSet'), raw)).toEqual({
      kind: 'malformed',
      problem: { field: 'metadata.ownerReferences[0].name', value: '""', expected: 'a non-empty string' },
    });
  });
});
