import { fieldsAt, isTrueAt, stringMapAt } from '../store/field.js';
import { type KubeObject, timestamp } from '../store/object.js';
import { updateObject, updateStatus } from './client.js';
import { timedCondition } from './conditions.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  startController,
  watchOwn,
} from './controller.js';
import * as kinds from './kinds.js';
import { controllerOf } from './owner.js';
import { podOf } from './pod.js';
import { siblingsKey } from './views.js';

const source = 'default-scheduler';

/**
 * Gives each pod that has none a node: the one with the fewest pods of the same owner, and of those the one with the
 * fewest pods at all. Cordoned nodes and those that `nodeSelector` excludes are left out; resources, taints and affinity
 * are not looked at.
 */
export function startScheduler(context: ControllerContext): Controller {
  const { store } = context;
  const unscheduled = new Set<string>();
  return startController(context, {
    name: 'scheduler',
    watches: [
      watchOwn(kinds.pods),
      // A pod that found no node waits for the nodes to change.
      { type: kinds.nodes, keys: () => [...unscheduled] },
    ],
    reconcile: (key) => {
      unscheduled.delete(key);
      const pod = getByKey(store, kinds.pods, key);
      if (!pod || podOf(pod).nodeName !== undefined || podOf(pod).terminating) return;
      const nodes = store.list(kinds.nodes).filter((node) => isUsable(node) && isWanted(node, pod));
      const node = leastLoaded(context, nodes, pod);
      if (node === undefined) {
        unscheduled.add(key);
        refuse(context, pod);
      } else bind(context, pod, node);
    },
  });
}

function leastLoaded(
  { views }: ControllerContext,
  nodes: readonly KubeObject[],
  pod: KubeObject,
): KubeObject | undefined {
  const owner = controllerOf(pod);
  const ranked = nodes.map((node) => ({
    node,
    siblings: owner ? views.nodeLoad.count(siblingsKey(node.metadata.name, owner.uid)) : 0,
    pods: views.nodeLoad.count(node.metadata.name),
  }));
  ranked.sort((left, right) => left.siblings - right.siblings || left.pods - right.pods);
  return ranked[0]?.node;
}

function bind({ store, record }: ControllerContext, pod: KubeObject, node: KubeObject): void {
  const { namespace = '', name } = pod.metadata;
  const nodeName = node.metadata.name;
  updateObject(store, kinds.pods, { ...pod, spec: { ...fieldsAt(pod, 'spec'), nodeName } });
  const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
  record(pod, { reason: 'Scheduled', message, source });
}

function refuse({ store, clock, record }: ControllerContext, pod: KubeObject): void {
  const all = store.list(kinds.nodes).length;
  const message = `0/${all} nodes are available: none is schedulable and matches the pod's node selector.`;
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const;
  const now = timestamp(new Date(clock.now()));
  updateStatus(store, kinds.pods, pod, {
    ...fieldsAt(pod, 'status'),
    phase: 'Pending',
    conditions: [timedCondition(pod, condition, now)],
  });
  record(pod, { type: 'Warning', reason: 'FailedScheduling', message, source });
}

/** Whether new pods may come to a node. */
export function isUsable(node: KubeObject): boolean {
  return node.metadata.deletionTimestamp === undefined && !isTrueAt(node, 'spec', 'unschedulable');
}

/** Whether a pod's `nodeSelector` lets it run there. */
export function isWanted(node: KubeObject, pod: unknown): boolean {
  const wanted = Object.entries(stringMapAt(pod, 'spec', 'nodeSelector'));
  return wanted.every(([label, value]) => node.metadata.labels?.[label] === value);
}
