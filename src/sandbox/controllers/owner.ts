import type { KubeObject, OwnerReference } from '../store/object.js';

/** The reference that marks `owner` as the one controller of what carries it. */
export function controlledBy(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: uidOf(owner),
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** Every object that has been in the store has one. */
export function uidOf({ kind, metadata }: KubeObject): string {
  if (metadata.uid === undefined) throw new Error(`${kind} ${metadata.name} has no uid`);
  return metadata.uid;
}
