import { numberAt, stringMapAt } from '../store/field.js';
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
import { type Pod, isActive, isAvailable, nextAvailableInMs } from './pod.js';
import { deletionOrder } from './pod-deletion-order.js';
import { podFromTemplate } from './pod-template.js';

/** At most so many pods are made or deleted in one go, so that a ReplicaSet of ten thousand doesn't hold up the rest. */
const burstReplicas = 100;

const source = 'replicaset-controller';

/** Keeps as many pods as each apps/v1 ReplicaSet asks for. */
export function startReplicaSets(context: ControllerContext): Controller {
  const { store, views } = context;
  return startController(context, {
    name: 'replicasets',
    watches: [
      watchOwn(kinds.replicaSets),
      watchControlled(kinds.pods, kinds.replicaSets),
      watchFree(kinds.pods, views.replicaSetsBySelector),
    ],
    reconcile: (key, later) => {
      const replicaSet = getByKey(store, kinds.replicaSets, key);
      if (!replicaSet) return;
      const pods = claimPods(context, replicaSet).filter(isActive);
      if (replicaSet.metadata.deletionTimestamp === undefined && scale(context, replicaSet, pods)) later(0);
      reportStatus(context, replicaSet, pods, later);
    },
  });
}

/** Makes or deletes what is missing or too much, up to a burst. True where that leaves some to do. */
function scale(context: ControllerContext, replicaSet: KubeObject, pods: readonly Pod[]): boolean {
  const missing = (numberAt(replicaSet, 'spec', 'replicas') ?? 1) - pods.length;
  for (let made = 0; made < Math.min(missing, burstReplicas); made += 1) createPod(context, replicaSet);
  if (missing < 0) {
    const surplus = deletionOrder(pods).slice(0, Math.min(-missing, burstReplicas));
    for (const pod of surplus) deletePod(context, replicaSet, pod);
  }
  return Math.abs(missing) > burstReplicas;
}

function createPod({ store, record }: ControllerContext, replicaSet: KubeObject): void {
  const name = { prefix: `${replicaSet.metadata.name}-` };
  const { metadata } = createObject(store, kinds.pods, podFromTemplate({ owner: replicaSet, name }));
  record(replicaSet, { reason: 'SuccessfulCreate', message: `Created pod: ${metadata.name}`, source });
}

function deletePod({ store, record }: ControllerContext, replicaSet: KubeObject, pod: Pod): void {
  deleteObject(store, kinds.pods, pod.object);
  record(replicaSet, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.name}`, source });
}

/** Counts the pods as they were before this reconciliation; the changes it made bring the next one. */
function reportStatus(
  { store, clock }: ControllerContext,
  replicaSet: KubeObject,
  pods: readonly Pod[],
  later: (delayMs: number) => void,
): void {
  const minReadySeconds = numberAt(replicaSet, 'spec', 'minReadySeconds') ?? 0;
  const templateLabels = Object.entries(stringMapAt(replicaSet, 'spec', 'template', 'metadata', 'labels'));
  const carriesTemplateLabels = (pod: Pod): boolean =>
    templateLabels.every(([label, value]) => pod.labels[label] === value);
  const nowMs = clock.now();
  updateStatus(store, kinds.replicaSets, replicaSet, {
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter(carriesTemplateLabels).length,
    readyReplicas: pods.filter(({ ready }) => ready).length,
    availableReplicas: pods.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
    observedGeneration: replicaSet.metadata.generation,
  });
  const waitMs = nextAvailableInMs(pods, minReadySeconds, nowMs);
  if (waitMs !== undefined) later(waitMs);
}
