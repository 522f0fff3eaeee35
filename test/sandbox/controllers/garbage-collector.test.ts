import { afterEach, describe, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import type { KubeObject, OwnerReference } from '../../../src/sandbox/store/object.js';
import { resourceByKind } from '../../../src/sandbox/store/resource.js';
import { type TestCluster, deployment, testCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

const configMaps = resourceByKind('v1', 'ConfigMap')!;

function map(name: string, owners: readonly OwnerReference[] = []): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ownerReferences: owners },
  };
}

function ownedBy(name: string, options: Partial<OwnerReference> = {}): OwnerReference {
  const uid = cluster.get(configMaps, name).metadata.uid ?? '';
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...options };
}

function maps(): readonly string[] {
  return cluster.store
    .list(configMaps, 'default')
    .map(({ metadata }) => (metadata.deletionTimestamp === undefined ? metadata.name : `${metadata.name}!`));
}

describe('in the background', () => {
  test('what an owner leaves behind goes, down to the last', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 2 }));
    cluster.clock.advance(1_000);
    cluster.delete(kinds.deployments, 'web', { propagationPolicy: 'Background' });
    expect(cluster.store.list(kinds.deployments)).toEqual([]);
    cluster.clock.settle();
    expect(cluster.store.list(kinds.replicaSets)).toEqual([]);
    expect(cluster.pods().map(({ terminating }) => terminating)).toEqual([true, true]);
    cluster.clock.advance(1_000);
    expect(cluster.pods()).toEqual([]);
  });

  test('an object stays as long as one of its owners does', () => {
    cluster = testCluster();
    cluster.apply(map('a'), map('b'));
    cluster.apply(map('child', [ownedBy('a'), ownedBy('b')]));
    cluster.clock.settle();
    cluster.delete(configMaps, 'a');
    cluster.clock.settle();
    expect(cluster.get(configMaps, 'child').metadata.ownerReferences).toEqual([ownedBy('b')]);
    cluster.delete(configMaps, 'b');
    cluster.clock.settle();
    expect(maps()).toEqual([]);
  });

  test('an object whose owner was never there goes, but not one whose owner is of a kind unknown here', () => {
    cluster = testCluster();
    const gone = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'nobody' };
    const foreign = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w' };
    cluster.apply(map('lost', [gone]), map('kept', [foreign]), map('both', [gone, foreign]));
    cluster.clock.settle();
    expect(maps()).toEqual(['both', 'kept']);
    expect(cluster.get(configMaps, 'both').metadata.ownerReferences).toEqual([foreign]);
  });

  test('a later object of the same name is another owner', () => {
    cluster = testCluster();
    cluster.apply(map('a'));
    const owner = ownedBy('a');
    cluster.delete(configMaps, 'a');
    cluster.apply(map('a'), map('child', [owner]));
    cluster.clock.settle();
    expect(maps()).toEqual(['a']);
  });
});

describe('in the foreground', () => {
  test('an owner goes after everything that holds it up', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 1 }));
    cluster.clock.advance(1_000);
    cluster.delete(kinds.deployments, 'web', { propagationPolicy: 'Foreground' });
    cluster.clock.advance(900);
    expect(cluster.get(kinds.deployments, 'web').metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(cluster.store.list(kinds.replicaSets)).toHaveLength(1);
    expect(cluster.pods()).toHaveLength(1);
    cluster.clock.advance(200);
    expect(cluster.pods()).toEqual([]);
    expect(cluster.store.list(kinds.replicaSets)).toEqual([]);
    expect(cluster.store.list(kinds.deployments)).toEqual([]);
  });

  test('it waits only for those that say so', () => {
    cluster = testCluster();
    cluster.apply(map('owner'));
    cluster.apply(
      {
        ...map('slow', [ownedBy('owner')]),
        metadata: { ...map('slow', [ownedBy('owner')]).metadata, finalizers: ['example.com/hold'] },
      },
      map('quick', [ownedBy('owner', { blockOwnerDeletion: true })]),
    );
    cluster.delete(configMaps, 'owner', { propagationPolicy: 'Foreground' });
    cluster.clock.settle();
    expect(maps()).toEqual(['slow!']);
  });

  test('it waits for one that is held up itself, until that leaves it or is gone', () => {
    cluster = testCluster();
    cluster.apply(map('owner'));
    const held = map('held', [ownedBy('owner', { blockOwnerDeletion: true })]);
    cluster.apply({ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } });
    cluster.delete(configMaps, 'owner', { propagationPolicy: 'Foreground' });
    cluster.clock.settle();
    expect(maps()).toEqual(['held!', 'owner!']);
    cluster.patch(configMaps, 'held', { metadata: { ownerReferences: [] } });
    cluster.clock.settle();
    expect(maps()).toEqual(['held!']);
  });
});

test('orphans are let go before their owner', () => {
  cluster = testCluster();
  cluster.apply(map('owner'));
  cluster.apply(map('child', [ownedBy('owner')]));
  cluster.delete(configMaps, 'owner', { propagationPolicy: 'Orphan' });
  cluster.clock.settle();
  expect(maps()).toEqual(['child']);
  expect(cluster.get(configMaps, 'child').metadata.ownerReferences).toBeUndefined();
});
