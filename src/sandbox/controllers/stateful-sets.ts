import { at, fieldsAt, listAt, numberAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { claimPods, watchFree } from './claim.js';
import { createObject, deleteObject, updateStatus } from './client.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  startController,
  watchControlled,
  watchOwn,
} from './controller.js';
import * as kinds from './kinds.js';
import { type Pod, hasEnded, isActive, isAvailable, nextAvailableInMs } from './pod.js';
import { podFromTemplate, revisionHashLabel, shortHash } from './pod-template.js';

const source = 'statefulset-controller';

/** What an apps/v1 StatefulSet asks for. */
interface StatefulSetSpec {
  readonly name: string;
  readonly first: number;
  readonly replicas: number;
  /** One pod after the other, each only when those before it are ready. */
  readonly isOrdered: boolean;
  readonly minReadySeconds: number;
  /** Pods from this ordinal on are replaced when the template changes; undefined where none is. */
  readonly updatesFrom: number | undefined;
  /** The value of the revision label of pods made from the present template. */
  readonly revision: string;
}

/**
 * Keeps the numbered pods of each StatefulSet: `name-0`, `name-1`, …, brought up in order and taken down from the end.
 * Past templates aren't kept (there are no ControllerRevisions), so a pod below the `partition` of an update is left alone
 * while it lives, but comes back from the present template. Volumes are claimed by name only.
 */
export function startStatefulSets(context: ControllerContext): Controller {
  const { store, views } = context;
  return startController(context, {
    name: 'statefulsets',
    watches: [
      watchOwn(kinds.statefulSets),
      watchControlled(kinds.pods, kinds.statefulSets),
      watchFree(kinds.pods, views.statefulSetsBySelector),
    ],
    reconcile: (key, later) => {
      const statefulSet = getByKey(store, kinds.statefulSets, key);
      if (!statefulSet) return;
      const spec = statefulSetSpecOf(statefulSet);
      const pods = claimPods(context, statefulSet);
      if (statefulSet.metadata.deletionTimestamp === undefined) step(context, statefulSet, spec, pods);
      reportStatus(context, statefulSet, spec, pods, later);
    },
  });
}

function statefulSetSpecOf(statefulSet: KubeObject): StatefulSetSpec {
  const { name } = statefulSet.metadata;
  const strategy = fieldsAt(statefulSet, 'spec', 'updateStrategy');
  return {
    name,
    first: numberAt(statefulSet, 'spec', 'ordinals', 'start') ?? 0,
    replicas: numberAt(statefulSet, 'spec', 'replicas') ?? 1,
    isOrdered: at(statefulSet, 'spec', 'podManagementPolicy') !== 'Parallel',
    minReadySeconds: numberAt(statefulSet, 'spec', 'minReadySeconds') ?? 0,
    updatesFrom:
      at(strategy, 'type') === 'OnDelete'
        ? undefined
        : (numberAt(strategy, 'rollingUpdate', 'partition') ?? 0),
    revision: `${name}-${shortHash(at(statefulSet, 'spec', 'template'))}`,
  };
}

/** Does what can be done now. What depends on a pod's getting ready or going away is done when that happens. */
function step(
  context: ControllerContext,
  statefulSet: KubeObject,
  spec: StatefulSetSpec,
  pods: readonly Pod[],
): void {
  const { first, replicas, isOrdered } = spec;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod, spec.name), pod]));
  const isStable = (pod: Pod | undefined): boolean => pod !== undefined && isActive(pod) && pod.ready;

  for (let ordinal = first; ordinal < first + replicas; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    if (!pod) createPod(context, statefulSet, spec, ordinal);
    else if (hasEnded(pod)) deletePod(context, statefulSet, pod);
    if (isOrdered && !isStable(pod)) return;
  }

  const surplus = [...byOrdinal]
    .filter(([ordinal]) => ordinal !== undefined && (ordinal < first || ordinal >= first + replicas))
    .sort(([left = 0], [right = 0]) => right - left)
    .map(([, pod]) => pod);
  for (const pod of surplus) {
    if (!pod.terminating) deletePod(context, statefulSet, pod);
    if (isOrdered) return;
  }

  if (spec.updatesFrom === undefined) return;
  for (let ordinal = first + replicas - 1; ordinal >= Math.max(first, spec.updatesFrom); ordinal -= 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod && isActive(pod) && !isUpdated(pod, spec)) {
      deletePod(context, statefulSet, pod);
      return;
    }
    if (!isStable(pod)) return;
  }
}

function createPod(
  { store, record }: ControllerContext,
  statefulSet: KubeObject,
  spec: StatefulSetSpec,
  ordinal: number,
): void {
  const name = `${spec.name}-${ordinal}`;
  const labels = {
    [revisionHashLabel]: spec.revision,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
  };
  const own = {
    hostname: name,
    subdomain: textAt(statefulSet, 'spec', 'serviceName'),
    volumes: volumes(statefulSet, name),
  };
  createObject(
    store,
    kinds.pods,
    podFromTemplate({ owner: statefulSet, name: { exact: name }, labels, spec: own }),
  );
  const message = `create Pod ${name} in StatefulSet ${spec.name} successful`;
  record(statefulSet, { reason: 'SuccessfulCreate', message, source });
}

/** Those of the template, and one for each claim of the set's own. */
function volumes(statefulSet: KubeObject, podName: string): readonly unknown[] | undefined {
  const claims = recordsAt(statefulSet, 'spec', 'volumeClaimTemplates').map((claim) => {
    const name = textAt(claim, 'metadata', 'name') ?? '';
    return { name, persistentVolumeClaim: { claimName: `${name}-${podName}` } };
  });
  const others = listAt(statefulSet, 'spec', 'template', 'spec', 'volumes').filter(
    (volume) => !claims.some(({ name }) => name === textAt(volume, 'name')),
  );
  return claims.length + others.length === 0 ? undefined : [...others, ...claims];
}

function deletePod({ store, record }: ControllerContext, statefulSet: KubeObject, pod: Pod): void {
  deleteObject(store, kinds.pods, pod.object);
  const message = `delete Pod ${pod.name} in StatefulSet ${statefulSet.metadata.name} successful`;
  record(statefulSet, { reason: 'SuccessfulDelete', message, source });
}

function reportStatus(
  { store, clock }: ControllerContext,
  statefulSet: KubeObject,
  spec: StatefulSetSpec,
  pods: readonly Pod[],
  later: (delayMs: number) => void,
): void {
  const { revision, replicas, minReadySeconds } = spec;
  const nowMs = clock.now();
  const active = pods.filter(isActive);
  const updated = active.filter((pod) => isUpdated(pod, spec));
  const ready = active.filter((pod) => pod.ready);
  const isSettled = updated.length === replicas && active.length === replicas && ready.length === replicas;
  // The revision that the pods had before an update; once all have the new one, that is the current one.
  const before = textAt(statefulSet, 'status', 'currentRevision') ?? revision;
  const currentRevision = isSettled ? revision : before;
  updateStatus(store, kinds.statefulSets, statefulSet, {
    observedGeneration: statefulSet.metadata.generation,
    replicas: active.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
    currentReplicas: active.filter((pod) => pod.labels[revisionHashLabel] === currentRevision).length,
    updatedReplicas: updated.length,
    currentRevision,
    updateRevision: revision,
    collisionCount: 0,
  });
  const waitMs = nextAvailableInMs(active, minReadySeconds, nowMs);
  if (waitMs !== undefined) later(waitMs);
}

function isUpdated(pod: Pod, { revision }: StatefulSetSpec): boolean {
  return pod.labels[revisionHashLabel] === revision;
}

/** Undefined for a pod that the set adopted under a name that isn't one of its own. */
function ordinalOf({ name }: Pod, setName: string): number | undefined {
  const digits = name.startsWith(`${setName}-`) ? name.slice(setName.length + 1) : '';
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}
