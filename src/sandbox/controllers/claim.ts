import { at } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { Store } from '../store/store.js';
import { updateObject } from './client.js';
import { type ControllerContext, type Watch, keyOf } from './controller.js';
import * as kinds from './kinds.js';
import type { LabelIndex, SelectorIndex } from './label-index.js';
import { labelSelectorOf } from './labels.js';
import type { ObjectIndex } from './object-index.js';
import { controlledBy, controllerOf, uidOf } from './owner.js';
import { type Pod, podOf } from './pod.js';

/**
 * Which objects are a workload's: what it controls and selects. An object that it controls but no longer selects is let
 * go, and one that it selects and nobody controls is taken in; so relabelling a pod takes it out of its workload, and back.
 */

/** The pods of a workload, the ended and terminating ones among them. */
export function claimPods({ store, views }: ControllerContext, owner: KubeObject): readonly Pod[] {
  const { podsByController, podsByLabel } = views;
  return claim({ store, type: kinds.pods, owner, byController: podsByController, byLabel: podsByLabel }).map(
    podOf,
  );
}

/** The ReplicaSets of a Deployment. */
export function claimReplicaSets(
  { store, views }: ControllerContext,
  owner: KubeObject,
): readonly KubeObject[] {
  const { replicaSetsByController, replicaSetsByLabel } = views;
  const type = kinds.replicaSets;
  return claim({ store, type, owner, byController: replicaSetsByController, byLabel: replicaSetsByLabel });
}

/** Watches objects that nobody controls for the sake of those whose selectors select them. */
export function watchFree(type: ResourceType, owners: SelectorIndex): Watch {
  return {
    type,
    keys: ({ object }) => {
      const { namespace = '', labels = {} } = object.metadata;
      return controllerOf(object) ? [] : owners.selecting(namespace, labels).map(keyOf);
    },
  };
}

function claim(options: {
  readonly store: Store;
  readonly type: ResourceType;
  readonly owner: KubeObject;
  readonly byController: ObjectIndex;
  readonly byLabel: LabelIndex;
}): readonly KubeObject[] {
  const { store, type, owner, byController, byLabel } = options;
  const controlled = byController.get(uidOf(owner));
  if (owner.metadata.deletionTimestamp !== undefined) return controlled;

  const selector = labelSelectorOf(at(owner, 'spec', 'selector'));
  const isKept = ({ metadata }: KubeObject): boolean =>
    selector.selects(metadata.labels ?? {}) || metadata.deletionTimestamp !== undefined;
  const isFree = (object: KubeObject): boolean =>
    !controllerOf(object) && object.metadata.deletionTimestamp === undefined;

  for (const object of controlled) if (!isKept(object)) release(store, type, object, owner);
  const free = byLabel.selected(owner.metadata.namespace ?? '', selector).filter(isFree);
  return [...controlled.filter(isKept), ...free.map((object) => adopt(store, type, object, owner))];
}

function release(store: Store, type: ResourceType, object: KubeObject, owner: KubeObject): void {
  const ownerReferences = object.metadata.ownerReferences?.filter(({ uid }) => uid !== uidOf(owner)) ?? [];
  updateObject(store, type, { ...object, metadata: { ...object.metadata, ownerReferences } });
}

function adopt(store: Store, type: ResourceType, object: KubeObject, owner: KubeObject): KubeObject {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), controlledBy(owner)];
  return updateObject(store, type, { ...object, metadata: { ...object.metadata, ownerReferences } });
}
