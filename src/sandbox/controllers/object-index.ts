import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { Store } from '../store/store.js';
import { uidOf } from './owner.js';

/** The keys to find an object by; `count` tells how many others have a key already. */
export type KeysOf = (object: KubeObject, count: (key: string) => number) => readonly string[];

/**
 * The objects of one type, findable by whatever keys `keysOf` gives an object. Up to date with the store at all times.
 * A look-up costs as much as it finds.
 */
export class ObjectIndex {
  readonly #keysOf: KeysOf;
  readonly #buckets = new Map<string, Map<string, KubeObject>>();
  readonly #present = new Map<string, readonly string[]>();
  readonly close: () => void;

  constructor(store: Store, type: ResourceType, keysOf: KeysOf) {
    this.#keysOf = keysOf;
    this.close = store.subscribe(type, ({ type: change, object }) => {
      if (change === 'DELETED') this.#remove(uidOf(object));
      else this.#put(object);
    });
  }

  get(key: string): readonly KubeObject[] {
    return [...(this.#buckets.get(key)?.values() ?? [])];
  }

  count(key: string): number {
    return this.#buckets.get(key)?.size ?? 0;
  }

  #put(object: KubeObject): void {
    const uid = uidOf(object);
    const keys = this.#keysOf(object, (key) => this.count(key));
    const before = this.#present.get(uid) ?? [];
    for (const key of before) if (!keys.includes(key)) this.#drop(key, uid);
    for (const key of keys) {
      const bucket = this.#buckets.get(key);
      if (bucket) bucket.set(uid, object);
      else this.#buckets.set(key, new Map([[uid, object]]));
    }
    this.#present.set(uid, keys);
  }

  #remove(uid: string): void {
    for (const key of this.#present.get(uid) ?? []) this.#drop(key, uid);
    this.#present.delete(uid);
  }

  #drop(key: string, uid: string): void {
    const bucket = this.#buckets.get(key);
    bucket?.delete(uid);
    if (bucket?.size === 0) this.#buckets.delete(key);
  }
}
