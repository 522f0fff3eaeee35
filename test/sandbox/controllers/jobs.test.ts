import { afterEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { recordsAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { type TestCluster, testCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function job(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] } },
      ...spec,
    },
  };
}

function status(): unknown {
  return cluster.get(kinds.jobs, 'pi')['status'];
}

function trueConditions(): readonly unknown[] {
  return recordsAt(status(), 'conditions')
    .filter((one) => one['status'] === 'True')
    .map(({ type }) => type);
}

test('runs its pods to their end, so many at a time', () => {
  cluster = testCluster();
  cluster.apply(job('pi', { completions: 3, parallelism: 2 }));
  cluster.clock.advance(1_000);
  expect(status()).toMatchObject({ active: 2, ready: 2, succeeded: 0, failed: 0 });
  cluster.clock.advance(1_000);
  expect(status()).toMatchObject({ active: 1, succeeded: 2 });
  cluster.clock.advance(2_000);
  expect(status()).toMatchObject({ active: 0, succeeded: 3, completionTime: '2030-01-01T12:00:03Z' });
  expect(trueConditions()).toEqual(['SuccessCriteriaMet', 'Complete']);
  expect(cluster.pods().map(({ phase }) => phase)).toEqual(['Succeeded', 'Succeeded', 'Succeeded']);
  cluster.clock.advance(3_600_000);
  expect(cluster.pods()).toHaveLength(3);
});

test('of a work queue ends with its last pod after the first success', () => {
  cluster = testCluster();
  cluster.apply(job('pi', { parallelism: 2 }));
  cluster.clock.advance(5_000);
  expect(status()).toMatchObject({ succeeded: 2 });
  expect(trueConditions()).toEqual(['SuccessCriteriaMet', 'Complete']);
});

test('starts nothing while it is suspended', () => {
  cluster = testCluster();
  cluster.apply(job('pi', { suspend: true }));
  cluster.clock.advance(5_000);
  expect(cluster.pods()).toEqual([]);
  cluster.patch(kinds.jobs, 'pi', { spec: { suspend: false } });
  cluster.clock.advance(5_000);
  expect(trueConditions()).toEqual(['SuccessCriteriaMet', 'Complete']);
});

test('gives up after too many failures', () => {
  cluster = testCluster();
  cluster.apply(job('pi', { backoffLimit: 1 }));
  for (let failures = 0; failures < 2; failures += 1) {
    cluster.clock.advance(600);
    const [running] = cluster.activePods();
    cluster.store.update(
      kinds.pods,
      { ...running!.object, status: { phase: 'Failed' } },
      { subresource: 'status' },
    );
    cluster.clock.settle();
  }
  cluster.clock.advance(5_000);
  expect(status()).toMatchObject({ failed: 2, active: 0 });
  expect(trueConditions()).toEqual(['FailureTarget', 'Failed']);
  expect(cluster.activePods()).toEqual([]);
});

test('goes with its pods once its time is up', () => {
  cluster = testCluster();
  cluster.apply(job('pi', { ttlSecondsAfterFinished: 60 }));
  cluster.clock.advance(50_000);
  expect(cluster.pods()).toHaveLength(1);
  cluster.clock.advance(20_000);
  expect(cluster.store.list(kinds.jobs)).toEqual([]);
  expect(cluster.pods()).toEqual([]);
});
