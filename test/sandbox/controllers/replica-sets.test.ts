import { afterEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { type Pod, podOf } from '../../../src/sandbox/controllers/pod.js';
import { deletionOrder } from '../../../src/sandbox/controllers/pod-deletion-order.js';
import { type TestCluster, pod, testCluster, workload } from './test-cluster.js';

let cluster: TestCluster | undefined;
afterEach(() => {
  cluster?.stop();
  cluster = undefined;
});

test('keeps as many pods as asked for', () => {
  cluster = testCluster();
  cluster.apply(workload('ReplicaSet', 'web', { replicas: 3 }));
  cluster.clock.advance(1_000);
  expect(cluster.activePods().every(({ name, ready }) => /^web-[a-z0-9]{5}$/.test(name) && ready)).toBe(true);
  const [first, second] = cluster.activePods();
  expect(first?.object.metadata.ownerReferences).toMatchObject([
    { kind: 'ReplicaSet', name: 'web', controller: true },
  ]);

  cluster.delete(kinds.pods, first!.name);
  cluster.clock.settle();
  expect(cluster.activePods()).toHaveLength(3);
  expect(cluster.pods()).toHaveLength(4);

  const ended = { ...second!.object, status: { phase: 'Failed' } };
  cluster.store.update(kinds.pods, ended, { subresource: 'status' });
  cluster.clock.advance(2_000);
  expect(cluster.activePods()).toHaveLength(3);
  expect(cluster.get(kinds.replicaSets, 'web')['status']).toEqual({
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    observedGeneration: 1,
  });
});

test('lets go of a pod that is relabelled, and takes it back', () => {
  cluster = testCluster();
  cluster.apply(workload('ReplicaSet', 'web', { replicas: 2 }));
  cluster.clock.advance(1_000);
  const [taken] = cluster.activePods();
  cluster.patch(kinds.pods, taken!.name, { metadata: { labels: { app: 'debug' } } });
  cluster.clock.advance(1_000);
  expect(cluster.get(kinds.pods, taken!.name).metadata.ownerReferences).toBeUndefined();
  expect(cluster.activePods().filter(({ labels }) => labels['app'] === 'web')).toHaveLength(2);

  cluster.patch(kinds.pods, taken!.name, { metadata: { labels: { app: 'web' } } });
  cluster.clock.advance(5_000);
  expect(cluster.activePods()).toHaveLength(2);
});

test('makes and deletes many pods in portions', () => {
  cluster = testCluster({ maxEvents: 0 });
  let made = 0;
  cluster.store.subscribe(kinds.pods, ({ type }) => (made += type === 'ADDED' ? 1 : 0));
  cluster.apply(workload('ReplicaSet', 'web', { replicas: 250 }));
  const counts = new Set<number>();
  while (cluster.clock.step()) counts.add(made);
  expect([...counts]).toEqual([100, 200, 250]);
  cluster.patch(kinds.replicaSets, 'web', { spec: { replicas: 0 } });
  cluster.clock.advance(5_000);
  expect(cluster.pods()).toEqual([]);
});

test('gives up the pods first that serve least', () => {
  const candidate = (name: string, change: object, status: object = {}): Pod => {
    const base = pod(name, { spec: { nodeName: 'n1' } });
    return podOf({
      ...base,
      metadata: { ...base.metadata, uid: name, creationTimestamp: '2030-01-01T12:00:00Z', ...change },
      spec: {
        ...(base['spec'] as object),
        nodeName: name === 'unassigned' ? '' : name.startsWith('alone') ? name : 'n1',
      },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2030-01-01T12:00:00Z' }],
        ...status,
      },
    });
  };
  const cost = (value: string): object => ({
    annotations: { 'controller.kubernetes.io/pod-deletion-cost': value },
  });
  const readySince = (time: string): object => ({
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }],
  });
  const expected = [
    candidate('unassigned', {}, { phase: 'Pending', conditions: [] }),
    candidate('pending', {}, { phase: 'Pending', conditions: [] }),
    candidate('unready', {}, { conditions: [] }),
    candidate('cheap', cost('-5')),
    candidate('crowded-late', {}, readySince('2030-01-01T12:05:00Z')),
    candidate('crowded-restarted', {}, { containerStatuses: [{ restartCount: 3 }] }),
    candidate('crowded-young', { creationTimestamp: '2030-01-01T12:01:00Z' }),
    candidate('crowded', {}),
    candidate('alone', {}),
    candidate('dear', cost('7')),
  ];
  const names = (pods: readonly Pod[]): readonly string[] => pods.map(({ name }) => name);
  expect(names(deletionOrder(expected))).toEqual(names(expected));
  expect(names(deletionOrder(expected.toReversed()))).toEqual(names(expected));
});
