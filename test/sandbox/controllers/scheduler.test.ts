import { afterEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { recordsAt } from '../../../src/sandbox/store/field.js';
import { type TestCluster, deployment, pod, testCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function perNode(app: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { nodeName = '', labels } of cluster.activePods()) {
    if (labels['app'] === app) counts[nodeName] = (counts[nodeName] ?? 0) + 1;
  }
  return counts;
}

test('spreads the pods of each workload over the nodes', () => {
  cluster = testCluster();
  cluster.apply(
    deployment('a', { replicas: 4 }),
    deployment('b', { replicas: 3 }),
    deployment('c', { replicas: 1 }),
  );
  cluster.clock.settle();
  expect(Object.values(perNode('a')).map(String).toSorted()).toEqual(['1', '1', '2']);
  expect(perNode('b')).toEqual({ 'node-1': 1, 'node-2': 1, 'node-3': 1 });
  const [only] = Object.keys(perNode('c'));
  expect(perNode('a')[only!]).toBe(1);
});

test('leaves cordoned nodes out, and heeds nodeSelector', () => {
  cluster = testCluster();
  cluster.patch(kinds.nodes, 'node-1', { spec: { unschedulable: true } });
  cluster.apply(deployment('a', { replicas: 4 }));
  cluster.apply(pod('picky', { spec: { nodeSelector: { 'topology.kubernetes.io/zone': 'zone-c' } } }));
  cluster.clock.settle();
  expect(perNode('a')).toEqual({ 'node-2': 2, 'node-3': 2 });
  expect(cluster.pods().find(({ name }) => name === 'picky')?.nodeName).toBe('node-3');
});

test('says why a pod has no node, and gives it one when there is one', () => {
  cluster = testCluster({ nodes: 1 });
  cluster.apply(pod('picky', { spec: { nodeSelector: { disk: 'fast' } } }));
  cluster.clock.settle();
  const object = cluster.get(kinds.pods, 'picky');
  const message = "0/1 nodes are available: none is schedulable and matches the pod's node selector.";
  expect(recordsAt(object, 'status', 'conditions')).toEqual([
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: '2030-01-01T12:00:00Z',
    },
  ]);
  expect(cluster.events('picky')).toEqual([`FailedScheduling: ${message}`]);

  const { labels } = cluster.get(kinds.nodes, 'node-1').metadata;
  cluster.patch(kinds.nodes, 'node-1', { metadata: { labels: { ...labels, disk: 'fast' } } });
  cluster.clock.advance(1_000);
  expect(cluster.pods()[0]).toMatchObject({ nodeName: 'node-1', ready: true });
});

test('leaves a pod on the node that its author chose', () => {
  cluster = testCluster();
  cluster.apply(pod('fixed', { spec: { nodeName: 'node-2' } }));
  cluster.clock.advance(1_000);
  expect(cluster.pods()[0]).toMatchObject({ nodeName: 'node-2', ready: true });
  expect(cluster.events('fixed')).toEqual(['Started: Started all containers']);
});
