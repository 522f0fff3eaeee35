import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { podOf } from '../../../src/sandbox/controllers/pod.js';
import { at, recordsAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { type TestCluster, deployment, pod, testCluster, workload } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function get(name: string): KubeObject {
  return cluster.get(kinds.pods, name);
}

function conditions(name: string): Record<string, unknown> {
  return Object.fromEntries(
    recordsAt(get(name), 'status', 'conditions').map(({ type, status }) => [type, status]),
  );
}

describe('a pod on a node', () => {
  test('has an address at once, and is ready after a while', () => {
    cluster = testCluster({ podReadyDelayMs: 2_000 });
    cluster.apply(pod('web'));
    cluster.clock.settle();
    expect(get('web')['status']).toMatchObject({
      phase: 'Pending',
      podIP: '127.64.0.1',
      podIPs: [{ ip: '127.64.0.1' }],
      hostIP: '127.112.0.1',
      startTime: '2030-01-01T12:00:00Z',
      containerStatuses: [
        {
          name: 'main',
          ready: false,
          started: false,
          restartCount: 0,
          state: { waiting: { reason: 'ContainerCreating' } },
        },
      ],
    });
    expect(conditions('web')).toEqual({
      PodReadyToStartContainers: 'True',
      PodScheduled: 'True',
      Initialized: 'True',
      ContainersReady: 'False',
      Ready: 'False',
    });

    cluster.clock.advance(2_000);
    expect(get('web')['status']).toMatchObject({
      phase: 'Running',
      podIP: '127.64.0.1',
      containerStatuses: [
        {
          name: 'main',
          ready: true,
          started: true,
          state: { running: { startedAt: '2030-01-01T12:00:02Z' } },
        },
      ],
    });
    expect(conditions('web')).toMatchObject({ ContainersReady: 'True', Ready: 'True' });
    expect(cluster.events('web').toSorted()).toEqual([
      'Scheduled: Successfully assigned default/web to node-1',
      'Started: Started all containers',
    ]);
  });

  test('says itself how long it takes to be ready', () => {
    cluster = testCluster();
    cluster.apply(pod('slow', { annotations: { 'sandbox.conduit.io/ready-delay': '10s' } }));
    cluster.apply(pod('odd', { annotations: { 'sandbox.conduit.io/ready-delay': 'soon' } }));
    cluster.clock.advance(9_900);
    expect([conditions('slow')['Ready'], conditions('odd')['Ready']]).toEqual(['False', 'True']);
    expect(cluster.events('odd')).toContain(
      'InvalidAnnotation: sandbox.conduit.io/ready-delay: "soon" is no span of time such as 500ms or 2s',
    );
    cluster.clock.advance(100);
    expect(conditions('slow')['Ready']).toBe('True');
  });

  test('is unready as long as its annotation says so', () => {
    cluster = testCluster();
    cluster.apply(pod('web'));
    cluster.clock.advance(1_000);
    cluster.clock.advance(59_000);
    cluster.patch(kinds.pods, 'web', { metadata: { annotations: { 'sandbox.conduit.io/ready': 'false' } } });
    cluster.clock.settle();
    expect(conditions('web')).toMatchObject({
      ContainersReady: 'False',
      Ready: 'False',
      Initialized: 'True',
    });
    expect(get('web')['status']).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ ready: false, started: true }],
    });
    const since = recordsAt(get('web'), 'status', 'conditions').map((one) => [
      one['type'],
      one['lastTransitionTime'],
    ]);
    expect(Object.fromEntries(since)).toMatchObject({
      Ready: '2030-01-01T12:01:00Z',
      Initialized: '2030-01-01T12:00:00Z',
    });

    cluster.patch(kinds.pods, 'web', { metadata: { annotations: {} } });
    cluster.clock.settle();
    expect(conditions('web')).toMatchObject({ Ready: 'True' });
    expect(at(get('web'), 'status', 'containerStatuses', 0, 'state')).toEqual({
      running: { startedAt: '2030-01-01T12:00:00Z' },
    });
  });

  test('runs its init containers first, and its sidecars throughout', () => {
    cluster = testCluster();
    const initContainers = [
      { name: 'setup', image: 'setup:1' },
      { name: 'sidecar', image: 'sidecar:1', restartPolicy: 'Always' },
    ];
    cluster.apply(pod('web', { spec: { initContainers } }));
    cluster.clock.settle();
    const states = (): unknown =>
      recordsAt(get('web'), 'status', 'initContainerStatuses').map((one) => Object.keys(one['state'] ?? {}));
    expect(states()).toEqual([['waiting'], ['waiting']]);
    expect(conditions('web')['Initialized']).toBe('False');
    cluster.clock.advance(1_000);
    expect(states()).toEqual([['terminated'], ['running']]);
    expect(conditions('web')).toMatchObject({ Initialized: 'True', Ready: 'True' });
  });

  test('that is not restarted succeeds in the end', () => {
    cluster = testCluster();
    cluster.apply(
      pod('once', { spec: { restartPolicy: 'Never' }, annotations: { 'sandbox.conduit.io/run-for': '5s' } }),
    );
    cluster.clock.advance(5_400);
    expect(conditions('once')['Ready']).toBe('True');
    cluster.clock.advance(100);
    expect(get('once')['status']).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
    });
    expect(conditions('once')['Ready']).toBe('False');
    cluster.delete(kinds.pods, 'once');
    cluster.clock.settle();
    expect(cluster.pods()).toEqual([]);
  });

  test('of the host network has the address of its node', () => {
    cluster = testCluster();
    cluster.apply(pod('host', { spec: { hostNetwork: true, nodeName: 'node-2' } }), pod('own'));
    cluster.clock.settle();
    expect(cluster.pods().map(({ name, ip }) => [name, ip])).toEqual([
      ['host', '127.112.0.2'],
      ['own', '127.64.0.1'],
    ]);
  });
});

describe('a deleted pod', () => {
  test.each([
    [30, 1_000],
    [undefined, 1_000],
    [0, 0],
  ])('with a grace period of %s s is gone after %d ms', (gracePeriodSeconds, goneMs) => {
    cluster = testCluster();
    cluster.apply(pod('web'));
    cluster.clock.advance(1_000);
    cluster.delete(kinds.pods, 'web', gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
    cluster.clock.advance(Math.max(0, goneMs - 1));
    expect(cluster.pods()).toHaveLength(goneMs === 0 ? 0 : 1);
    cluster.clock.advance(1);
    expect(cluster.pods()).toEqual([]);
    expect(cluster.events('web').includes('Killing: Stopping all containers')).toBe(goneMs > 0);
  });

  test('goes on saying that it is ready until it is gone', () => {
    cluster = testCluster();
    cluster.apply(pod('web'));
    cluster.clock.advance(1_000);
    cluster.delete(kinds.pods, 'web');
    cluster.clock.advance(500);
    expect(cluster.pods()[0]).toMatchObject({ terminating: true, ready: true, phase: 'Running' });
  });

  test('is gone sooner when it is deleted again without grace', () => {
    cluster = testCluster({ podStopDelayMs: 60_000 });
    cluster.apply(pod('web'));
    cluster.clock.advance(1_000);
    cluster.delete(kinds.pods, 'web');
    cluster.clock.advance(1_000);
    expect(cluster.pods()).toHaveLength(1);
    cluster.delete(kinds.pods, 'web', { gracePeriodSeconds: 0 });
    expect(cluster.pods()).toEqual([]);
  });

  test('that never became ready goes just so', () => {
    cluster = testCluster({ podReadyDelayMs: 60_000 });
    cluster.apply(pod('web'));
    cluster.clock.advance(1_000);
    cluster.delete(kinds.pods, 'web');
    cluster.clock.advance(1_000);
    expect(cluster.pods()).toEqual([]);
  });
});

test('a pod goes with its node', () => {
  cluster = testCluster();
  cluster.apply(workload('ReplicaSet', 'web', { replicas: 3 }));
  cluster.clock.advance(1_000);
  cluster.delete(kinds.nodes, 'node-2');
  cluster.clock.advance(2_000);
  expect(
    cluster
      .pods()
      .map(({ nodeName = '' }) => nodeName)
      .toSorted(),
  ).toEqual(['node-1', 'node-1', 'node-3']);
});

test('a pod that was put on a node nobody knows waits for it', () => {
  cluster = testCluster({ nodes: 1 });
  cluster.apply(pod('early', { spec: { nodeName: 'node-9' } }));
  cluster.clock.advance(5_000);
  expect(cluster.pods()[0]).toMatchObject({ phase: 'Pending', ip: undefined });
  const node = cluster.get(kinds.nodes, 'node-1');
  cluster.apply({ ...node, metadata: { name: 'node-9' } });
  cluster.clock.advance(1_000);
  expect(cluster.pods()[0]).toMatchObject({ ready: true, ip: '127.64.0.1' });
});

test('no two pods ever share an address, and none comes back soon', () => {
  const step = fc.record({
    scale: fc.integer({ min: 0, max: 6 }),
    kill: fc.nat(6),
    waitMs: fc.integer({ min: 0, max: 2_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
      cluster = testCluster({ maxEvents: 0 });
      cluster.apply(
        deployment('web', { replicas: 3 }),
        workload('StatefulSet', 'db', { serviceName: 'db', replicas: 2 }),
      );
      const holders = new Map<string, string>();
      let shared = 0;
      cluster.store.subscribe(kinds.pods, ({ object }) => {
        const { ip } = podOf(object);
        if (ip === undefined) return;
        const holder = holders.get(ip) ?? object.metadata.uid ?? '';
        if (holder !== object.metadata.uid) shared += 1;
        holders.set(ip, holder);
      });
      for (const { scale, kill, waitMs } of steps) {
        cluster.patch(kinds.deployments, 'web', { spec: { replicas: scale } });
        const victim = cluster.pods()[kill];
        if (victim) cluster.delete(kinds.pods, victim.name);
        cluster.clock.advance(waitMs);
      }
      cluster.clock.advance(10_000);
      expect(shared).toBe(0);
      expect(cluster.pods().every(({ ip = '' }) => ip.startsWith('127.64.0.'))).toBe(true);
      cluster.stop();
    }),
    { numRuns: 12 },
  );
});
