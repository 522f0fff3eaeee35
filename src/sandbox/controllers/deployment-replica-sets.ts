import { at, fieldsAt, numberAt, stringMapAt } from '../store/field.js';
import { jsonEqual } from '../store/immutable.js';
import type { KubeObject } from '../store/object.js';
import type { DeploymentSpec } from './deployment-spec.js';
import { controlledBy, uidOf } from './owner.js';
import { type Pod, isActive, isAvailable, timeOf } from './pod.js';
import { shortHash } from './pod-template.js';
import type { ReplicaSetState } from './rollout.js';

/** The ReplicaSets of a Deployment: one for each template it had, as many as its history holds. */

export const hashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that say nothing about its template. */
const ownAnnotations = new Set([
  revisionAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deployment.kubernetes.io/revision-history',
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
]);

/** The set that runs the Deployment's present template, be it new or one to roll back to. */
export function setOfTemplate(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  hash: string,
): KubeObject | undefined {
  const template = withoutHash(at(deployment, 'spec', 'template'));
  const matching = sets.filter(
    (set) =>
      set.metadata.labels?.[hashLabel] === hash ||
      jsonEqual(withoutHash(at(set, 'spec', 'template')), template),
  );
  return byCreation(matching)[0];
}

export function templateHash(deployment: KubeObject): string {
  return shortHash(withoutHash(at(deployment, 'spec', 'template')), collisionCountOf(deployment));
}

/** How often the name for a template's set was taken by something else. */
export function collisionCountOf(deployment: KubeObject): number {
  return numberAt(deployment, 'status', 'collisionCount') ?? 0;
}

/** The set for the Deployment's present template, without replicas yet. */
export function newReplicaSet(deployment: KubeObject, hash: string, spec: DeploymentSpec): KubeObject {
  const { name, namespace } = deployment.metadata;
  const template = fieldsAt(deployment, 'spec', 'template');
  const labels = { ...stringMapAt(template, 'metadata', 'labels'), [hashLabel]: hash };
  const selector = fieldsAt(deployment, 'spec', 'selector');
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace !== undefined && { namespace }),
      labels,
      annotations: describedBy(deployment),
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas: 0,
      minReadySeconds: spec.minReadySeconds,
      selector: { ...selector, matchLabels: { ...stringMapAt(selector, 'matchLabels'), [hashLabel]: hash } },
      template: { ...template, metadata: { ...fieldsAt(template, 'metadata'), labels } },
    },
  };
}

/** The annotations that a set takes over, so that each revision keeps, say, its `kubernetes.io/change-cause`. */
export function describedBy(deployment: KubeObject): Readonly<Record<string, string>> {
  const annotations = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(annotations.filter(([name]) => !ownAnnotations.has(name)));
}

/** 0 where none is written. */
export function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[revisionAnnotation] ?? 0) || 0;
}

export function replicasOf(set: KubeObject): number {
  return numberAt(set, 'spec', 'replicas') ?? 1;
}

/** The annotations that tell a later change of the Deployment's replicas from a step of a rollout. */
export function scaleAnnotations(spec: DeploymentSpec): Readonly<Record<string, string>> {
  const maxSurge = spec.strategy.kind === 'RollingUpdate' ? spec.strategy.maxSurge : 0;
  return { [desiredAnnotation]: String(spec.replicas), [maxAnnotation]: String(spec.replicas + maxSurge) };
}

/** Whether the Deployment's replicas were changed since its populated sets were last scaled. */
export function isRescaled(sets: readonly KubeObject[], spec: DeploymentSpec): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[desiredAnnotation];
    return replicasOf(set) > 0 && desired !== undefined && Number(desired) !== spec.replicas;
  });
}

export function stateOf(
  set: KubeObject,
  pods: readonly Pod[],
  spec: DeploymentSpec,
  nowMs: number,
): ReplicaSetState {
  const active = pods.filter(isActive);
  const max = set.metadata.annotations?.[maxAnnotation];
  return {
    name: set.metadata.name,
    replicas: replicasOf(set),
    active: active.length,
    available: active.filter((pod) => isAvailable(pod, spec.minReadySeconds, nowMs)).length,
    createdAtMs: timeOf(set.metadata.creationTimestamp),
    maxReplicas: max === undefined ? undefined : Number(max) || undefined,
  };
}

/** Oldest first; of one second, by revision and then by uid. */
export function byCreation(sets: readonly KubeObject[]): readonly KubeObject[] {
  return [...sets].sort(
    (left, right) =>
      timeOf(left.metadata.creationTimestamp) - timeOf(right.metadata.creationTimestamp) ||
      revisionOf(left) - revisionOf(right) ||
      (uidOf(left) < uidOf(right) ? -1 : 1),
  );
}

function withoutHash(template: unknown): unknown {
  const { [hashLabel]: _, ...labels } = stringMapAt(template, 'metadata', 'labels');
  return { ...fieldsAt(template), metadata: { ...fieldsAt(template, 'metadata'), labels } };
}
