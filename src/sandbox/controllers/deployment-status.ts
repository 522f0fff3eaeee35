import { type Fields, numberAt, textAt } from '../store/field.js';
import { type KubeObject, timestamp } from '../store/object.js';
import { type Condition, conditionOf, timedCondition } from './conditions.js';
import type { DeploymentSpec } from './deployment-spec.js';
import { timeOf } from './pod.js';

/** Pods of a Deployment that neither ended nor are being deleted. */
export interface PodCounts {
  readonly all: number;
  /** Those of the new ReplicaSet. */
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
}

export interface DeploymentProgress {
  readonly deployment: KubeObject;
  readonly spec: DeploymentSpec;
  readonly counts: PodCounts;
  /** The new ReplicaSet; undefined while a pause keeps it from being made. */
  readonly newSet: { readonly name: string; readonly madeJustNow: boolean } | undefined;
  readonly collisionCount: number;
  readonly nowMs: number;
}

/** The status of a Deployment, from which `kubectl rollout status` and `kubectl wait` read how far it is. */
export function deploymentStatus(progress: DeploymentProgress): Fields {
  const { deployment, counts, collisionCount } = progress;
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: counts.all,
    updatedReplicas: counts.updated,
    readyReplicas: counts.ready,
    availableReplicas: counts.available,
    unavailableReplicas: Math.max(0, counts.all - counts.available),
    ...(collisionCount > 0 && { collisionCount }),
    conditions: [availability(progress), progression(progress)],
  };
}

/** All replicas are of the current template and available, and none is left of another. */
export function isComplete({ spec, counts }: Pick<DeploymentProgress, 'spec' | 'counts'>): boolean {
  const { all, updated, available } = counts;
  return updated === spec.replicas && all === spec.replicas && available === spec.replicas;
}

/** How long until the rollout must have progressed; undefined where nothing is to be waited for. */
export function progressDeadlineInMs({
  deployment,
  spec,
  counts,
  nowMs,
}: DeploymentProgress): number | undefined {
  if (spec.paused || isComplete({ spec, counts })) return undefined;
  const present = conditionOf(deployment, 'Progressing');
  const reason = textAt(present, 'reason');
  // It is late already, or it has arrived and a pod has failed since.
  if (reason === 'ProgressDeadlineExceeded' || reason === 'NewReplicaSetAvailable') return undefined;
  const since = timeOf(textAt(present, 'lastUpdateTime')) || nowMs;
  return Math.max(0, since + spec.progressDeadlineSeconds * 1_000 - nowMs);
}

function availability({ deployment, spec, counts, nowMs }: DeploymentProgress): Fields {
  const maxUnavailable = spec.strategy.kind === 'RollingUpdate' ? spec.strategy.maxUnavailable : 0;
  const condition: Condition =
    counts.available >= spec.replicas - maxUnavailable
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        };
  return updated(deployment, condition, nowMs);
}

function progression(progress: DeploymentProgress): Fields {
  const { deployment, nowMs } = progress;
  const present = conditionOf(deployment, 'Progressing');
  const condition = progressCondition(progress, textAt(present, 'reason'));
  if (condition) return updated(deployment, condition, nowMs, hasProgressed(progress));
  return present ?? updated(deployment, { type: 'Progressing', status: 'Unknown', reason: 'Unknown' }, nowMs);
}

/** Undefined where the present condition still tells the truth. */
function progressCondition(progress: DeploymentProgress, reason: string | undefined): Condition | undefined {
  const { spec, counts, newSet } = progress;
  const type = 'Progressing';
  if (spec.paused) {
    if (reason === 'ProgressDeadlineExceeded') return undefined;
    return { type, status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  }
  const name = `ReplicaSet "${newSet?.name ?? ''}"`;
  if (newSet?.madeJustNow === true) {
    const message = `Created new replica set "${newSet.name}"`;
    return { type, status: 'True', reason: 'NewReplicaSetCreated', message };
  }
  // A complete rollout stays complete when a pod fails later: only a new template starts another.
  if (reason === 'NewReplicaSetAvailable' && counts.all === counts.updated) return undefined;
  if (isComplete(progress)) {
    const message = `${name} has successfully progressed.`;
    return { type, status: 'True', reason: 'NewReplicaSetAvailable', message };
  }
  if (reason === 'DeploymentPaused') {
    return { type, status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  }
  if (hasProgressed(progress) || reason === undefined || reason === 'NewReplicaSetAvailable') {
    return { type, status: 'True', reason: 'ReplicaSetUpdated', message: `${name} is progressing.` };
  }
  if (progressDeadlineInMs(progress) !== 0) return undefined;
  const message = `${name} has timed out progressing.`;
  return { type, status: 'False', reason: 'ProgressDeadlineExceeded', message };
}

/** Whether more new pods, fewer old ones, or more that serve are there than when the status was last written. */
function hasProgressed({ deployment, counts }: DeploymentProgress): boolean {
  const before = (field: string): number => numberAt(deployment, 'status', field) ?? 0;
  return (
    counts.updated > before('updatedReplicas') ||
    counts.all - counts.updated < before('replicas') - before('updatedReplicas') ||
    counts.ready > before('readyReplicas') ||
    counts.available > before('availableReplicas')
  );
}

/** Conditions of Deployments also carry when they last said something new; `touched` says that they do. */
function updated(deployment: KubeObject, condition: Condition, nowMs: number, touched = false): Fields {
  const now = timestamp(new Date(nowMs));
  const present = conditionOf(deployment, condition.type);
  const isSame =
    !touched && present?.['status'] === condition.status && present['reason'] === condition.reason;
  const lastUpdateTime = isSame ? textAt(present, 'lastUpdateTime') : undefined;
  return { ...timedCondition(deployment, condition, now), lastUpdateTime: lastUpdateTime ?? now };
}
