import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { StoreEvent } from '../store/store.js';
import { uidOf } from './owner.js';

/** Where to find an object of which only the uid is known. */
export interface ObjectLocation {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Which objects are there, and which of them own which. */
export class OwnerGraph {
  readonly #locations = new Map<string, ObjectLocation>();
  /** The uids of what an owner owns, also of owners that are not there. */
  readonly #dependents = new Map<string, Set<string>>();

  locate(uid: string): ObjectLocation | undefined {
    return this.#locations.get(uid);
  }

  /** The uids of the objects that name `uid` among their owners. */
  dependentsOf(uid: string): readonly string[] {
    return [...(this.#dependents.get(uid) ?? [])];
  }

  /** Takes in one change, and tells the uids of the objects whose fate it may decide. */
  apply(type: ResourceType, { type: change, object, previous }: StoreEvent): readonly string[] {
    const uid = uidOf(object);
    const owners = ownerUids(object);
    const before = ownerUids(previous);
    for (const owner of before) this.#unlink(owner, uid);
    if (change === 'DELETED') {
      this.#locations.delete(uid);
      return [...this.dependentsOf(uid), ...owners];
    }
    const { namespace, name } = object.metadata;
    this.#locations.set(uid, { type, namespace, name });
    for (const owner of owners) this.#link(owner, uid);
    const begins = object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp;
    const changes = object.metadata.ownerReferences !== previous?.metadata.ownerReferences;
    if (!begins && !changes) return [];
    // An owner that is deleted in the foreground takes its dependents along, and waits for those that leave it.
    return begins ? [uid, ...this.dependentsOf(uid)] : [uid, ...before];
  }

  #link(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    if (dependents) dependents.add(dependent);
    else this.#dependents.set(owner, new Set([dependent]));
  }

  #unlink(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }
}

function ownerUids(object: KubeObject | undefined): readonly string[] {
  return object?.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
}
