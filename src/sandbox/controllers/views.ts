import { at } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { Store } from '../store/store.js';
import * as kinds from './kinds.js';
import { LabelIndex, SelectorIndex } from './label-index.js';
import { type LabelSelector, labelSelectorOf, mapSelectorOf } from './labels.js';
import { ObjectIndex } from './object-index.js';
import { controllerOf } from './owner.js';
import { isActive, podOf } from './pod.js';

/** What several controllers look up, each kept up to date once for all of them. */
export interface Views {
  /** By the uid of their controller. */
  readonly podsByController: ObjectIndex;
  readonly replicaSetsByController: ObjectIndex;
  /** By the name of their node. */
  readonly podsByNode: ObjectIndex;
  /** The pods that neither ended nor are being deleted, by node name and by `siblingsKey`. */
  readonly nodeLoad: ObjectIndex;
  readonly podsByLabel: LabelIndex;
  readonly replicaSetsByLabel: LabelIndex;
  readonly servicesBySelector: SelectorIndex;
  readonly deploymentsBySelector: SelectorIndex;
  readonly replicaSetsBySelector: SelectorIndex;
  readonly statefulSetsBySelector: SelectorIndex;
  readonly daemonSetsBySelector: SelectorIndex;
  close(): void;
}

export function createViews(store: Store): Views {
  const views = {
    podsByController: new ObjectIndex(store, kinds.pods, controllerUid),
    replicaSetsByController: new ObjectIndex(store, kinds.replicaSets, controllerUid),
    podsByNode: new ObjectIndex(store, kinds.pods, nodeName),
    nodeLoad: new ObjectIndex(store, kinds.pods, loadKeys),
    podsByLabel: new LabelIndex(store, kinds.pods),
    replicaSetsByLabel: new LabelIndex(store, kinds.replicaSets),
    servicesBySelector: new SelectorIndex(store, kinds.services, (service) =>
      mapSelectorOf(at(service, 'spec', 'selector')),
    ),
    deploymentsBySelector: new SelectorIndex(store, kinds.deployments, workloadSelector),
    replicaSetsBySelector: new SelectorIndex(store, kinds.replicaSets, workloadSelector),
    statefulSetsBySelector: new SelectorIndex(store, kinds.statefulSets, workloadSelector),
    daemonSetsBySelector: new SelectorIndex(store, kinds.daemonSets, workloadSelector),
  };
  return {
    ...views,
    close: () => {
      for (const view of Object.values(views)) view.close();
    },
  };
}

function controllerUid(object: KubeObject): readonly string[] {
  const controller = controllerOf(object);
  return controller ? [controller.uid] : [];
}

function workloadSelector(object: KubeObject): LabelSelector {
  return labelSelectorOf(at(object, 'spec', 'selector'));
}

function nodeName(object: KubeObject): readonly string[] {
  const name = podOf(object).nodeName;
  return name === undefined ? [] : [name];
}

/** Finds the pods of one controller on one node. */
export function siblingsKey(nodeName: string, controllerUid: string): string {
  return `${nodeName} ${controllerUid}`;
}

function loadKeys(object: KubeObject): readonly string[] {
  const pod = podOf(object);
  if (pod.nodeName === undefined || !isActive(pod)) return [];
  const controller = controllerOf(object);
  return controller ? [pod.nodeName, siblingsKey(pod.nodeName, controller.uid)] : [pod.nodeName];
}
