import { at, fieldsAt, numberAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { claimPods, watchFree } from './claim.js';
import { createObject, deleteObject, updateStatus } from './client.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  keyOf,
  startController,
  watchControlled,
  watchOwn,
} from './controller.js';
import { scaled } from './deployment-spec.js';
import * as kinds from './kinds.js';
import { type Pod, hasEnded, isActive, isAvailable, nextAvailableInMs } from './pod.js';
import { podFromTemplate, revisionHashLabel, shortHash } from './pod-template.js';
import { isWanted } from './scheduler.js';

const source = 'daemonset-controller';

/**
 * Keeps one pod of each apps/v1 DaemonSet on every node that its `nodeSelector` allows, cordoned ones too. An update
 * replaces `maxUnavailable` pods at a time; `maxSurge` is taken for 0.
 */
export function startDaemonSets(context: ControllerContext): Controller {
  const { store, views } = context;
  return startController(context, {
    name: 'daemonsets',
    watches: [
      watchOwn(kinds.daemonSets),
      watchControlled(kinds.pods, kinds.daemonSets),
      watchFree(kinds.pods, views.daemonSetsBySelector),
      { type: kinds.nodes, keys: () => store.list(kinds.daemonSets).map(keyOf) },
    ],
    reconcile: (key, later) => {
      const daemonSet = getByKey(store, kinds.daemonSets, key);
      if (!daemonSet) return;
      const state = stateOf(context, daemonSet);
      if (daemonSet.metadata.deletionTimestamp === undefined) step(context, state);
      reportStatus(context, state, later);
    },
  });
}

interface DaemonSetState {
  readonly daemonSet: KubeObject;
  readonly revision: string;
  readonly minReadySeconds: number;
  /** The names of the nodes to run on, each with the pods that are there. */
  readonly nodes: ReadonlyMap<string, readonly Pod[]>;
  /** Pods where none should be. */
  readonly strays: readonly Pod[];
}

function stateOf(context: ControllerContext, daemonSet: KubeObject): DaemonSetState {
  const pods = claimPods(context, daemonSet);
  const template = at(daemonSet, 'spec', 'template');
  const wanted = context.store.list(kinds.nodes).filter((node) => isWanted(node, template));
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  return {
    daemonSet,
    revision: shortHash(template),
    minReadySeconds: numberAt(daemonSet, 'spec', 'minReadySeconds') ?? 0,
    nodes: new Map([...names].map((name) => [name, pods.filter(({ nodeName }) => nodeName === name)])),
    strays: pods.filter(({ nodeName }) => nodeName === undefined || !names.has(nodeName)),
  };
}

function step(context: ControllerContext, state: DaemonSetState): void {
  for (const [nodeName, pods] of state.nodes) {
    if (pods.length === 0) createPod(context, state, nodeName);
    for (const pod of [...pods.filter(hasEnded), ...pods.filter(isActive).slice(1)])
      deletePod(context, state, pod);
  }
  for (const pod of state.strays) if (!pod.terminating) deletePod(context, state, pod);
  for (const pod of outdatedPods(context, state)) deletePod(context, state, pod);
}

/** The pods to replace next: those that don't serve anyway, and of the others as many as may be missing. */
function outdatedPods({ clock }: ControllerContext, state: DaemonSetState): readonly Pod[] {
  const { daemonSet, revision, minReadySeconds, nodes } = state;
  const strategy = fieldsAt(daemonSet, 'spec', 'updateStrategy');
  if (at(strategy, 'type') === 'OnDelete') return [];
  const isServing = (pod: Pod): boolean => isActive(pod) && isAvailable(pod, minReadySeconds, clock.now());
  const firstPods = [...nodes.values()].flatMap((pods) => pods.filter(isActive).slice(0, 1));
  const outdated = firstPods.filter((pod) => pod.labels[revisionHashLabel] !== revision);
  const missing = nodes.size - firstPods.filter(isServing).length;
  const maxUnavailable = scaled(at(strategy, 'rollingUpdate', 'maxUnavailable') ?? 1, nodes.size, Math.ceil);
  return [
    ...outdated.filter((pod) => !isServing(pod)),
    ...outdated.filter(isServing).slice(0, Math.max(0, maxUnavailable - missing)),
  ];
}

function createPod(
  { store, record }: ControllerContext,
  { daemonSet, revision }: DaemonSetState,
  nodeName: string,
): void {
  const name = { prefix: `${daemonSet.metadata.name}-` };
  const labels = { [revisionHashLabel]: revision };
  const pod = createObject(
    store,
    kinds.pods,
    podFromTemplate({ owner: daemonSet, name, labels, spec: { nodeName } }),
  );
  record(daemonSet, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}`, source });
}

function deletePod({ store, record }: ControllerContext, { daemonSet }: DaemonSetState, pod: Pod): void {
  deleteObject(store, kinds.pods, pod.object);
  record(daemonSet, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.name}`, source });
}

function reportStatus(
  { store, clock }: ControllerContext,
  { daemonSet, revision, minReadySeconds, nodes, strays }: DaemonSetState,
  later: (delayMs: number) => void,
): void {
  const nowMs = clock.now();
  const pods = [...nodes.values()].flatMap((all) => all.filter(isActive).slice(0, 1));
  const available = pods.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length;
  updateStatus(store, kinds.daemonSets, daemonSet, {
    observedGeneration: daemonSet.metadata.generation,
    desiredNumberScheduled: nodes.size,
    currentNumberScheduled: pods.length,
    numberMisscheduled: strays.filter(isActive).length,
    numberReady: pods.filter(({ ready }) => ready).length,
    updatedNumberScheduled: pods.filter((pod) => pod.labels[revisionHashLabel] === revision).length,
    numberAvailable: available,
    numberUnavailable: nodes.size - available,
  });
  const waitMs = nextAvailableInMs(pods, minReadySeconds, nowMs);
  if (waitMs !== undefined) later(waitMs);
}
