import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { at, fieldsAt, numberAt, recordsAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { type TestCluster, deployment, template, testCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function conditions(object: KubeObject): Record<string, string> {
  const all = recordsAt(object, 'status', 'conditions');
  return Object.fromEntries(
    all.map(({ type, status, reason }) => [type, `${String(status)} ${String(reason)}`]),
  );
}

function web(): KubeObject {
  return cluster.get(kinds.deployments, 'web');
}

/** The ReplicaSets by revision: how many pods each asks for. */
function replicaSets(): Record<string, number> {
  const sets = cluster.store.list(kinds.replicaSets, 'default');
  const revisions = sets.map(
    (set) =>
      [
        set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '',
        numberAt(set, 'spec', 'replicas') ?? -1,
      ] as const,
  );
  return Object.fromEntries(revisions.toSorted(([left], [right]) => Number(left) - Number(right)));
}

function images(): readonly string[] {
  return cluster
    .activePods()
    .map(({ object }) => String(at(object, 'spec', 'containers', 0, 'image')))
    .toSorted();
}

describe('a new Deployment', () => {
  test('gets a ReplicaSet of its own template, and reports how far it is', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 2, minReadySeconds: 0 }));
    cluster.clock.settle();

    const [set] = cluster.store.list(kinds.replicaSets);
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata).toMatchObject({
      name: `web-${hash}`,
      labels: { app: 'web', 'pod-template-hash': hash },
      annotations: {
        'deployment.kubernetes.io/revision': '1',
        'deployment.kubernetes.io/desired-replicas': '2',
        'deployment.kubernetes.io/max-replicas': '3',
      },
      ownerReferences: [{ kind: 'Deployment', name: 'web', uid: web().metadata.uid, controller: true }],
    });
    expect(fieldsAt(set, 'spec')).toMatchObject({
      replicas: 2,
      selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } },
      template: { metadata: { labels: { app: 'web', 'pod-template-hash': hash } } },
    });
    expect(web().metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '1' });
    expect(web()['status']).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      unavailableReplicas: 2,
    });
    expect(conditions(web())).toEqual({
      Available: 'False MinimumReplicasUnavailable',
      Progressing: 'True ReplicaSetUpdated',
    });

    cluster.clock.advance(600);
    expect(web()['status']).toMatchObject({ readyReplicas: 2, availableReplicas: 2, unavailableReplicas: 0 });
    expect(conditions(web())).toEqual({
      Available: 'True MinimumReplicasAvailable',
      Progressing: 'True NewReplicaSetAvailable',
    });
    expect(cluster.events('web')).toEqual([
      `ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 2`,
    ]);
  });

  test('counts pods as available only after minReadySeconds', () => {
    cluster = testCluster({ podReadyDelayMs: 0 });
    cluster.apply(deployment('web', { replicas: 1, minReadySeconds: 30 }));
    cluster.clock.advance(29_000);
    expect(web()['status']).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    cluster.clock.advance(2_000);
    expect(web()['status']).toMatchObject({ readyReplicas: 1, availableReplicas: 1 });
  });

  test('of no replicas is complete', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 0 }));
    cluster.clock.settle();
    expect(conditions(web())).toEqual({
      Available: 'True MinimumReplicasAvailable',
      Progressing: 'True NewReplicaSetAvailable',
    });
  });

  test('does nothing while nothing changes', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 3 }));
    cluster.clock.advance(5_000);
    const version = cluster.store.resourceVersion;
    cluster.clock.advance(24 * 3_600_000);
    expect(cluster.store.resourceVersion).toBe(version);
    expect(cluster.clock.pending).toBe(0);
  });

  test('is not late when a pod fails long after it was complete', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 1 }));
    cluster.clock.advance(5_000);
    const [pod] = cluster.pods();
    cluster.patch(kinds.pods, pod!.name, {
      metadata: { annotations: { 'sandbox.conduit.io/ready': 'false' } },
    });
    cluster.clock.advance(24 * 3_600_000);
    expect(conditions(web())).toEqual({
      Available: 'False MinimumReplicasUnavailable',
      Progressing: 'True NewReplicaSetAvailable',
    });
    expect(cluster.clock.pending).toBe(0);
  });
});

describe('a changed template', () => {
  test('is rolled out within the limits', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 4 }));
    cluster.clock.advance(1_000);
    cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', '2') } });
    let most = 0;
    let least = 4;
    while (cluster.clock.step(10_000)) {
      most = Math.max(most, cluster.activePods().length);
      least = Math.min(least, cluster.activePods().filter(({ ready }) => ready).length);
    }
    expect([most, least]).toEqual([5, 3]);
    expect(replicaSets()).toEqual({ 1: 0, 2: 4 });
    expect(images()).toEqual(['web:2', 'web:2', 'web:2', 'web:2']);
    expect(web()['status']).toMatchObject({
      observedGeneration: 2,
      replicas: 4,
      updatedReplicas: 4,
      availableReplicas: 4,
    });
    expect(conditions(web())['Progressing']).toBe('True NewReplicaSetAvailable');
  });

  test('back to an earlier one takes up its ReplicaSet as the latest revision', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 2 }));
    cluster.clock.advance(1_000);
    cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', '2') } });
    cluster.clock.advance(10_000);
    cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', '1') } });
    cluster.clock.advance(10_000);
    expect(replicaSets()).toEqual({ 2: 0, 3: 2 });
    expect(images()).toEqual(['web:1', 'web:1']);
    expect(web().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  test('under Recreate starts only when the last old pod is gone', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 2, strategy: { type: 'Recreate' } }));
    cluster.clock.advance(1_000);
    cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', '2') } });
    cluster.clock.advance(900);
    expect(images()).toEqual([]);
    expect(cluster.pods()).toHaveLength(2);
    expect(replicaSets()).toEqual({ 1: 0, 2: 0 });
    cluster.clock.advance(200);
    expect(images()).toEqual(['web:2', 'web:2']);
  });

  test('that never gets ready stops at the limits and says so after its deadline', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 4, progressDeadlineSeconds: 60 }));
    cluster.clock.advance(1_000);
    const broken = {
      ...template('web', '2'),
      metadata: { labels: { app: 'web' }, annotations: { 'sandbox.conduit.io/ready': 'false' } },
    };
    cluster.patch(kinds.deployments, 'web', { spec: { template: broken } });
    cluster.clock.advance(50_000);
    expect(replicaSets()).toEqual({ 1: 3, 2: 2 });
    expect(conditions(web())).toEqual({
      Available: 'True MinimumReplicasAvailable',
      Progressing: 'True ReplicaSetUpdated',
    });
    cluster.clock.advance(15_000);
    expect(conditions(web())['Progressing']).toBe('False ProgressDeadlineExceeded');

    cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', '3') } });
    cluster.clock.advance(20_000);
    expect(replicaSets()).toEqual({ 1: 0, 2: 0, 3: 4 });
    expect(conditions(web())['Progressing']).toBe('True NewReplicaSetAvailable');
  });

  test('keeps as many old ReplicaSets as the history may hold', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 1, revisionHistoryLimit: 2 }));
    for (let version = 2; version <= 6; version += 1) {
      cluster.clock.advance(10_000);
      cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', String(version)) } });
    }
    cluster.clock.advance(10_000);
    expect(replicaSets()).toEqual({ 4: 0, 5: 0, 6: 1 });
  });

  test('gets another name where its own is taken', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 1 }));
    cluster.clock.settle();
    const [taken] = cluster.store.list(kinds.replicaSets);
    cluster.delete(kinds.deployments, 'web');
    cluster.clock.advance(5_000);
    cluster.apply({
      ...taken!,
      metadata: { name: taken!.metadata.name, namespace: 'default' },
      spec: { replicas: 0, selector: { matchLabels: { app: 'other' } }, template: template('other') },
    });
    cluster.apply(deployment('web', { replicas: 1 }));
    cluster.clock.advance(5_000);
    expect(web()['status']).toMatchObject({ collisionCount: 1, availableReplicas: 1 });
    expect(cluster.store.list(kinds.replicaSets)).toHaveLength(2);
  });
});

describe('a changed scale', () => {
  test('changes the one ReplicaSet', () => {
    cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 2 }));
    cluster.clock.advance(1_000);
    cluster.patch(kinds.deployments, 'web', { spec: { replicas: 5 } });
    cluster.clock.settle();
    expect(replicaSets()).toEqual({ 1: 5 });
    expect(conditions(web())).toMatchObject({ Available: 'False MinimumReplicasUnavailable' });
    cluster.patch(kinds.deployments, 'web', { spec: { replicas: 1 } });
    cluster.clock.advance(5_000);
    expect(cluster.pods()).toHaveLength(1);
    expect(conditions(web())).toMatchObject({ Available: 'True MinimumReplicasAvailable' });
  });

  test('in the middle of a rollout keeps the proportions while it is paused', () => {
    cluster = testCluster();
    cluster.apply(
      deployment('web', { replicas: 8, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } } }),
    );
    cluster.clock.advance(1_000);
    cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', '2') } });
    cluster.clock.advance(600);
    cluster.patch(kinds.deployments, 'web', { spec: { paused: true } });
    cluster.clock.advance(10_000);
    const paused = replicaSets();
    expect(Object.values(paused).every((replicas) => replicas > 0)).toBe(true);
    expect(conditions(web())['Progressing']).toBe('Unknown DeploymentPaused');

    cluster.patch(kinds.deployments, 'web', { spec: { replicas: 16 } });
    cluster.clock.advance(10_000);
    expect(replicaSets()).toEqual(
      Object.fromEntries(Object.entries(paused).map(([key, value]) => [key, value * 2])),
    );

    cluster.patch(kinds.deployments, 'web', { spec: { paused: false } });
    cluster.clock.advance(30_000);
    expect(replicaSets()).toEqual({ 1: 0, 2: 16 });
    expect(conditions(web())['Progressing']).toBe('True NewReplicaSetAvailable');
  });
});

test('a paused Deployment makes no ReplicaSet for a new template', () => {
  cluster = testCluster();
  cluster.apply(deployment('web', { replicas: 1 }));
  cluster.clock.advance(1_000);
  cluster.patch(kinds.deployments, 'web', { spec: { paused: true, template: template('web', '2') } });
  cluster.clock.advance(5_000);
  expect(replicaSets()).toEqual({ 1: 1 });
  expect(web()['status']).toMatchObject({ replicas: 1, updatedReplicas: 0 });
});

test('ReplicaSets take over what the Deployment says of itself, but not its book-keeping', () => {
  cluster = testCluster();
  const base = deployment('web', { replicas: 1 });
  const annotations = {
    'kubernetes.io/change-cause': 'first',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
  };
  cluster.apply({ ...base, metadata: { ...base.metadata, annotations } });
  cluster.clock.advance(1_000);
  const [set] = cluster.store.list(kinds.replicaSets);
  expect(set?.metadata.annotations).toMatchObject({ 'kubernetes.io/change-cause': 'first' });
  expect(set?.metadata.annotations).not.toHaveProperty(['kubectl.kubernetes.io/last-applied-configuration']);
});

test('a Deployment takes in ReplicaSets and pods of its own that nobody controls', () => {
  cluster = testCluster();
  cluster.apply(deployment('web', { replicas: 2 }));
  cluster.clock.advance(1_000);
  const before = cluster.activePods().map(({ uid }) => uid);
  cluster.delete(kinds.deployments, 'web', { propagationPolicy: 'Orphan' });
  cluster.clock.advance(2_000);
  expect(cluster.store.list(kinds.deployments)).toEqual([]);
  const [orphan] = cluster.store.list(kinds.replicaSets);
  expect(orphan?.metadata.ownerReferences).toBeUndefined();

  cluster.apply(deployment('web', { replicas: 2 }));
  cluster.clock.advance(2_000);
  expect(cluster.activePods().map(({ uid }) => uid)).toEqual(before);
  const [adopted] = cluster.store.list(kinds.replicaSets);
  expect(adopted?.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', uid: web().metadata.uid }]);
});

test('whatever is changed in whatever order, it comes to rest at what was asked for last', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('scale' as const), to: fc.integer({ min: 0, max: 7 }) }),
    fc.record({ kind: fc.constant('template' as const), to: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('pause' as const), to: fc.nat(1) }),
    fc.record({ kind: fc.constant('kill' as const), to: fc.nat(5) }),
    fc.record({ kind: fc.constant('wait' as const), to: fc.integer({ min: 0, max: 1_500 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 14 }),
      fc.integer({ min: 0, max: 2 }),
      (steps, maxUnavailable) => {
        cluster = testCluster({ maxEvents: 0 });
        const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable } };
        cluster.apply(deployment('web', { replicas: 3, strategy }));
        for (const { kind, to } of steps) {
          if (kind === 'scale') cluster.patch(kinds.deployments, 'web', { spec: { replicas: to } });
          if (kind === 'template')
            cluster.patch(kinds.deployments, 'web', { spec: { template: template('web', String(to)) } });
          if (kind === 'pause') cluster.patch(kinds.deployments, 'web', { spec: { paused: to === 1 } });
          if (kind === 'wait') cluster.clock.advance(to);
          const victim = kind === 'kill' ? cluster.pods()[to] : undefined;
          if (victim) cluster.delete(kinds.pods, victim.name);
        }
        cluster.patch(kinds.deployments, 'web', { spec: { paused: false } });
        cluster.clock.advance(120_000);
        const replicas = numberAt(web(), 'spec', 'replicas') ?? -1;
        const image = at(web(), 'spec', 'template', 'spec', 'containers', 0, 'image');
        expect(images()).toEqual(Array.from({ length: replicas }, () => image));
        expect(cluster.pods()).toHaveLength(replicas);
        expect(conditions(web())).toEqual({
          Available: 'True MinimumReplicasAvailable',
          Progressing: 'True NewReplicaSetAvailable',
        });
        cluster.stop();
      },
    ),
    { numRuns: 25 },
  );
});
