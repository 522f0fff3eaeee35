import { afterEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { at } from '../../../src/sandbox/store/field.js';
import { type TestCluster, template, testCluster, workload } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function names(): readonly string[] {
  return cluster
    .pods()
    .map(({ name, ready, terminating }) => `${name}${terminating ? '!' : ready ? '+' : ''}`);
}

function images(): readonly unknown[] {
  return cluster.activePods().map(({ object }) => at(object, 'spec', 'containers', 0, 'image'));
}

function db(spec: object = {}): void {
  cluster = testCluster();
  cluster.apply(workload('StatefulSet', 'db', { serviceName: 'db', ...spec }));
  cluster.clock.settle();
}

test('brings pods up one after the other, each with a name of its own', () => {
  db({ replicas: 3 });
  expect(names()).toEqual(['db-0']);
  cluster.clock.advance(500);
  expect(names()).toEqual(['db-0+', 'db-1']);
  cluster.clock.advance(2_000);
  expect(names()).toEqual(['db-0+', 'db-1+', 'db-2+']);

  const { object } = cluster.pods()[1]!;
  expect(object.metadata.labels).toMatchObject({
    app: 'db',
    'statefulset.kubernetes.io/pod-name': 'db-1',
    'apps.kubernetes.io/pod-index': '1',
  });
  expect(object['spec']).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
  const revision = object.metadata.labels?.['controller-revision-hash'];
  expect(cluster.get(kinds.statefulSets, 'db')['status']).toEqual({
    observedGeneration: 1,
    replicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    currentRevision: revision,
    updateRevision: revision,
    collisionCount: 0,
  });
});

test('brings all pods up at once where they may be parallel', () => {
  db({ replicas: 3, podManagementPolicy: 'Parallel' });
  expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
});

test('takes pods down from the end, one after the other', () => {
  db({ replicas: 3 });
  cluster.clock.advance(3_000);
  cluster.patch(kinds.statefulSets, 'db', { spec: { replicas: 1 } });
  cluster.clock.settle();
  expect(names()).toEqual(['db-0+', 'db-1+', 'db-2!']);
  cluster.clock.advance(1_000);
  expect(names()).toEqual(['db-0+', 'db-1!']);
  cluster.clock.advance(1_000);
  expect(names()).toEqual(['db-0+']);
});

test('brings a lost pod back under its name once the old one is gone', () => {
  db({ replicas: 2 });
  cluster.clock.advance(3_000);
  const before = cluster.pods()[0]!;
  cluster.delete(kinds.pods, 'db-0');
  cluster.clock.advance(900);
  expect(names()).toEqual(['db-0!', 'db-1+']);
  cluster.clock.advance(1_000);
  expect(names()).toEqual(['db-0+', 'db-1+']);
  expect(cluster.pods()[0]!.uid).not.toBe(before.uid);
  expect(cluster.pods()[0]!.ip).not.toBe(before.ip);
});

test('replaces pods from the end when the template changes, down to the partition', () => {
  db({ replicas: 3, podManagementPolicy: 'Parallel' });
  cluster.clock.advance(1_000);
  cluster.patch(kinds.statefulSets, 'db', {
    spec: {
      template: template('db', '2'),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
    },
  });
  cluster.clock.settle();
  expect(names()).toEqual(['db-0+', 'db-1+', 'db-2!']);
  cluster.clock.advance(20_000);
  expect(images()).toEqual(['db:1', 'db:2', 'db:2']);
  const status = cluster.get(kinds.statefulSets, 'db')['status'];
  expect(status).toMatchObject({ updatedReplicas: 2, currentReplicas: 1, readyReplicas: 3 });
  expect(at(status, 'currentRevision')).not.toBe(at(status, 'updateRevision'));

  cluster.patch(kinds.statefulSets, 'db', { spec: { updateStrategy: { type: 'RollingUpdate' } } });
  cluster.clock.advance(20_000);
  expect(images()).toEqual(['db:2', 'db:2', 'db:2']);
  const updated = cluster.get(kinds.statefulSets, 'db')['status'];
  expect(at(updated, 'currentRevision')).toBe(at(updated, 'updateRevision'));
});

test('leaves pods alone under OnDelete', () => {
  db({ replicas: 1, updateStrategy: { type: 'OnDelete' } });
  cluster.clock.advance(1_000);
  cluster.patch(kinds.statefulSets, 'db', { spec: { template: template('db', '2') } });
  cluster.clock.advance(5_000);
  expect(images()).toEqual(['db:1']);
  cluster.delete(kinds.pods, 'db-0');
  cluster.clock.advance(5_000);
  expect(images()).toEqual(['db:2']);
});

test('counts from the first ordinal it is given, and names the volumes of its claims', () => {
  db({
    replicas: 2,
    ordinals: { start: 5 },
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
  });
  cluster.clock.advance(2_000);
  expect(names()).toEqual(['db-5+', 'db-6+']);
  expect(at(cluster.pods()[0]!.object, 'spec', 'volumes')).toMatchObject([
    { name: 'data', persistentVolumeClaim: { claimName: 'data-db-5' } },
  ]);
});
