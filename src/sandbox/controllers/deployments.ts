import { fieldsAt, numberAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { Store, StoreEvent } from '../store/store.js';
import { claimReplicaSets, watchFree } from './claim.js';
import { createObject, deleteObject, updateObject, updateStatus } from './client.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  startController,
  watchControlled,
  watchOwn,
} from './controller.js';
import {
  byCreation,
  collisionCountOf,
  describedBy,
  isRescaled,
  newReplicaSet,
  replicasOf,
  revisionAnnotation,
  revisionOf,
  scaleAnnotations,
  setOfTemplate,
  stateOf,
  templateHash,
} from './deployment-replica-sets.js';
import { type DeploymentSpec, deploymentSpecOf } from './deployment-spec.js';
import { type PodCounts, deploymentStatus, isComplete, progressDeadlineInMs } from './deployment-status.js';
import * as kinds from './kinds.js';
import { controllerOf, uidOf } from './owner.js';
import { type Pod, hasEnded, isActive, isAvailable, podOf } from './pod.js';
import { type ReplicaSetState, type Replicas, proportionalStep, rollingStep } from './rollout.js';

const source = 'deployment-controller';

/** Moves each apps/v1 Deployment to the ReplicaSet of its template, by its strategy, and keeps it at its scale. */
export function startDeployments(context: ControllerContext): Controller {
  const { store, views } = context;
  return startController(context, {
    name: 'deployments',
    watches: [
      watchOwn(kinds.deployments),
      watchControlled(kinds.replicaSets, kinds.deployments),
      watchFree(kinds.replicaSets, views.deploymentsBySelector),
      { type: kinds.pods, keys: (event) => deploymentsOfGonePod(context, event) },
    ],
    reconcile: (key, later) => {
      const deployment = getByKey(store, kinds.deployments, key);
      if (deployment) reconcile(context, deployment, later);
    },
  });
}

/** Recreate waits until the last old pod is gone, which changes no count in a ReplicaSet's status. */
function deploymentsOfGonePod({ store }: ControllerContext, { type, object }: StoreEvent): readonly string[] {
  const owner = type === 'DELETED' ? controllerOf(object) : undefined;
  if (owner?.kind !== kinds.replicaSets.kind) return [];
  const { namespace } = object.metadata;
  const set = store.get(kinds.replicaSets, namespace, owner.name);
  const deployment = set && controllerOf(set);
  return deployment ? [`${namespace ?? ''}/${deployment.name}`] : [];
}

/** The ReplicaSets of a Deployment, told apart by its present template. */
interface Family {
  /** Undefined where the template has none: the Deployment is paused or being deleted, or the name was taken. */
  readonly newSet: KubeObject | undefined;
  readonly madeJustNow: boolean;
  readonly oldSets: readonly KubeObject[];
  readonly collisionCount: number;
}

function reconcile(
  context: ControllerContext,
  deployment: KubeObject,
  later: (delayMs: number) => void,
): void {
  const { store, clock } = context;
  const spec = deploymentSpecOf(deployment);
  const isDeleted = deployment.metadata.deletionTimestamp !== undefined;
  const family = familyOf(context, deployment, { ...spec, paused: spec.paused || isDeleted });
  if (!isDeleted) {
    for (const [name, replicas] of nextReplicas(context, spec, family)) {
      const set = setsOf(family).find(({ metadata }) => metadata.name === name);
      if (set) scaleSet(context, { deployment, spec, set, replicas });
    }
  }
  const counts = countPods(context, spec, family);
  if (isComplete({ spec, counts })) forgetHistory(context, family.oldSets, spec.revisionHistoryLimit);

  const { newSet, madeJustNow, collisionCount } = family;
  const progress = {
    deployment: withRevision(context, deployment, newSet),
    spec,
    counts,
    newSet: newSet && { name: newSet.metadata.name, madeJustNow },
    collisionCount,
    nowMs: clock.now(),
  };
  const written = updateStatus(store, kinds.deployments, progress.deployment, deploymentStatus(progress));
  const deadlineMs = progressDeadlineInMs({ ...progress, deployment: written });
  if (deadlineMs !== undefined) later(deadlineMs);
}

function familyOf(context: ControllerContext, deployment: KubeObject, spec: DeploymentSpec): Family {
  const { store } = context;
  const sets = byCreation(claimReplicaSets(context, deployment));
  const hash = templateHash(deployment);
  const collisionCount = collisionCountOf(deployment);
  const present = setOfTemplate(deployment, sets, hash);
  const oldSets = sets.filter((set) => set !== present);
  if (spec.paused) return { newSet: present, madeJustNow: false, oldSets, collisionCount };

  const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
  if (present) {
    const newSet = describedSet({ store, deployment, spec, set: present, revision });
    return { newSet, madeJustNow: false, oldSets, collisionCount };
  }
  const wanted = newReplicaSet(deployment, hash, spec);
  if (store.get(kinds.replicaSets, wanted.metadata.namespace, wanted.metadata.name)) {
    return { newSet: undefined, madeJustNow: false, oldSets, collisionCount: collisionCount + 1 };
  }
  const annotations = { ...wanted.metadata.annotations, [revisionAnnotation]: String(revision) };
  const newSet = createObject(store, kinds.replicaSets, {
    ...wanted,
    metadata: { ...wanted.metadata, annotations },
  });
  return { newSet, madeJustNow: true, oldSets, collisionCount };
}

/** Brings what a set carries of its Deployment up to date. A set that is rolled back to becomes the latest revision. */
function describedSet(options: {
  readonly store: Store;
  readonly deployment: KubeObject;
  readonly spec: DeploymentSpec;
  readonly set: KubeObject;
  readonly revision: number;
}): KubeObject {
  const { store, deployment, spec, set, revision } = options;
  const annotations = {
    ...set.metadata.annotations,
    ...describedBy(deployment),
    [revisionAnnotation]: String(Math.max(revision, revisionOf(set))),
  };
  return updateObject(store, kinds.replicaSets, {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...fieldsAt(set, 'spec'), minReadySeconds: spec.minReadySeconds },
  });
}

function nextReplicas(context: ControllerContext, spec: DeploymentSpec, family: Family): Replicas {
  const { newSet, oldSets } = family;
  const { replicas: desired, strategy } = spec;
  const state = (set: KubeObject): ReplicaSetState => {
    const pods = context.views.podsByController.get(uidOf(set)).map(podOf);
    return stateOf(set, pods, spec, context.clock.now());
  };
  if (spec.paused || isRescaled(setsOf(family), spec)) {
    const maxSurge = strategy.kind === 'RollingUpdate' ? strategy.maxSurge : 0;
    return proportionalStep({
      desired,
      maxSurge,
      newSet: newSet && state(newSet),
      oldSets: oldSets.map(state),
    });
  }
  if (!newSet) return new Map();
  if (strategy.kind === 'RollingUpdate') {
    return rollingStep({ ...strategy, desired, newSet: state(newSet), oldSets: oldSets.map(state) });
  }
  const populated = oldSets.filter((set) => replicasOf(set) > 0);
  if (populated.length > 0) return new Map(populated.map(({ metadata }) => [metadata.name, 0]));
  const isRunning = oldSets.some((set) =>
    context.views.podsByController.get(uidOf(set)).some((pod) => !hasEnded(podOf(pod))),
  );
  return isRunning ? new Map() : new Map([[newSet.metadata.name, desired]]);
}

function scaleSet(
  { store, record }: ControllerContext,
  options: {
    readonly deployment: KubeObject;
    readonly spec: DeploymentSpec;
    readonly set: KubeObject;
    readonly replicas: number;
  },
): void {
  const { deployment, spec, set, replicas } = options;
  const before = replicasOf(set);
  updateObject(store, kinds.replicaSets, {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...scaleAnnotations(spec) } },
    spec: { ...fieldsAt(set, 'spec'), replicas },
  });
  if (replicas === before) return;
  const direction = replicas > before ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
  record(deployment, { reason: 'ScalingReplicaSet', message, source });
}

function countPods({ views, clock }: ControllerContext, spec: DeploymentSpec, family: Family): PodCounts {
  const podsOf = (set: KubeObject): readonly Pod[] =>
    views.podsByController.get(uidOf(set)).map(podOf).filter(isActive);
  const all = setsOf(family).flatMap(podsOf);
  return {
    all: all.length,
    updated: family.newSet ? podsOf(family.newSet).length : 0,
    ready: all.filter(({ ready }) => ready).length,
    available: all.filter((pod) => isAvailable(pod, spec.minReadySeconds, clock.now())).length,
  };
}

/** Deletes the oldest of the sets that are empty, beyond those that can be rolled back to. */
function forgetHistory({ store }: ControllerContext, oldSets: readonly KubeObject[], limit: number): void {
  const byRevision = [...oldSets].sort((left, right) => revisionOf(left) - revisionOf(right));
  const surplus = byRevision.slice(0, Math.max(0, byRevision.length - limit));
  for (const set of surplus) {
    if (replicasOf(set) === 0 && numberAt(set, 'status', 'replicas') === 0)
      deleteObject(store, kinds.replicaSets, set);
  }
}

/** `kubectl rollout` reads the Deployment's revision from itself. */
function withRevision(
  { store }: ControllerContext,
  deployment: KubeObject,
  newSet: KubeObject | undefined,
): KubeObject {
  if (!newSet || revisionOf(newSet) === 0 || revisionOf(newSet) === revisionOf(deployment)) return deployment;
  const annotations = {
    ...deployment.metadata.annotations,
    [revisionAnnotation]: String(revisionOf(newSet)),
  };
  return updateObject(store, kinds.deployments, {
    ...deployment,
    metadata: { ...deployment.metadata, annotations },
  });
}

function setsOf({ newSet, oldSets }: Family): readonly KubeObject[] {
  return newSet ? [...oldSets, newSet] : oldSets;
}
