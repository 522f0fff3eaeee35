import { afterEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { at } from '../../../src/sandbox/store/field.js';
import { type TestCluster, template, testCluster, workload } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function byNode(): Record<string, unknown> {
  const pods = cluster.activePods();
  return Object.fromEntries(
    pods.map(({ nodeName, object }) => [nodeName, at(object, 'spec', 'containers', 0, 'image')]),
  );
}

test('runs one pod on every node, also on those that come later', () => {
  cluster = testCluster({ nodes: 2 });
  cluster.patch(kinds.nodes, 'node-1', { spec: { unschedulable: true } });
  cluster.apply(workload('DaemonSet', 'agent'));
  cluster.clock.advance(1_000);
  expect(byNode()).toEqual({ 'node-1': 'agent:1', 'node-2': 'agent:1' });
  expect(cluster.get(kinds.daemonSets, 'agent')['status']).toEqual({
    observedGeneration: 1,
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberMisscheduled: 0,
    numberReady: 2,
    updatedNumberScheduled: 2,
    numberAvailable: 2,
    numberUnavailable: 0,
  });

  const node = cluster.get(kinds.nodes, 'node-2');
  cluster.apply({ ...node, metadata: { name: 'node-3', labels: {} } });
  cluster.clock.advance(1_000);
  expect(byNode()).toEqual({ 'node-1': 'agent:1', 'node-2': 'agent:1', 'node-3': 'agent:1' });

  cluster.delete(kinds.nodes, 'node-3');
  cluster.clock.advance(5_000);
  expect(byNode()).toEqual({ 'node-1': 'agent:1', 'node-2': 'agent:1' });
  expect(cluster.pods()).toHaveLength(2);
});

test('keeps to the nodes that the template selects', () => {
  cluster = testCluster({ nodes: 3 });
  const chosen = {
    ...template('agent'),
    spec: { ...(at(template('agent'), 'spec') as object), nodeSelector: { disk: 'fast' } },
  };
  cluster.apply(workload('DaemonSet', 'agent', { template: chosen }));
  cluster.clock.advance(1_000);
  expect(byNode()).toEqual({});
  const labels = { ...cluster.get(kinds.nodes, 'node-2').metadata.labels, disk: 'fast' };
  cluster.patch(kinds.nodes, 'node-2', { metadata: { labels } });
  cluster.clock.advance(1_000);
  expect(byNode()).toEqual({ 'node-2': 'agent:1' });
  cluster.patch(kinds.nodes, 'node-2', { metadata: { labels: { ...labels, disk: 'slow' } } });
  cluster.clock.advance(5_000);
  expect(cluster.pods()).toEqual([]);
});

test('replaces as many pods at a time as may be missing', () => {
  cluster = testCluster({ nodes: 4 });
  cluster.apply(workload('DaemonSet', 'agent', { updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } }));
  cluster.clock.advance(1_000);
  cluster.patch(kinds.daemonSets, 'agent', { spec: { template: template('agent', '2') } });
  let least = 4;
  while (cluster.clock.step(30_000)) {
    least = Math.min(least, cluster.activePods().filter(({ ready }) => ready).length);
  }
  expect(least).toBe(2);
  expect(Object.values(byNode())).toEqual(['agent:2', 'agent:2', 'agent:2', 'agent:2']);
});

test('leaves pods alone under OnDelete', () => {
  cluster = testCluster({ nodes: 1 });
  cluster.apply(workload('DaemonSet', 'agent', { updateStrategy: { type: 'OnDelete' } }));
  cluster.clock.advance(1_000);
  cluster.patch(kinds.daemonSets, 'agent', { spec: { template: template('agent', '2') } });
  cluster.clock.advance(5_000);
  expect(byNode()).toEqual({ 'node-1': 'agent:1' });
  cluster.delete(kinds.pods, cluster.pods()[0]!.name);
  cluster.clock.advance(5_000);
  expect(byNode()).toEqual({ 'node-1': 'agent:2' });
});
