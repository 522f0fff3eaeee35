import type { KubeObject } from './object.js';

/** `namespace/name`, or `/name` for an object of the cluster. Sorting by it is the order of every list. */
export function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** Objects in the order of their keys. Both lists are of one length and are never changed once published. */
export interface Ordered {
  readonly keys: readonly string[];
  readonly objects: readonly KubeObject[];
}

/** Above this many changes, sorting everything again costs less than moving members one by one. */
const maxPatches = 256;

/**
 * The present objects of one type. Writes cost O(1); the order is brought up to date by the first read that follows, so
 * that a hundred thousand writes sort once.
 */
export class Collection {
  readonly #objects = new Map<string, KubeObject>();
  readonly #changed = new Set<string>();
  #ordered: Ordered = { keys: [], objects: [] };

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: KubeObject): void {
    this.#objects.set(key, object);
    this.#changed.add(key);
  }

  delete(key: string): void {
    this.#objects.delete(key);
    this.#changed.add(key);
  }

  /** All objects. The value stays as it is, whatever is written later. */
  ordered(): Ordered {
    if (this.#changed.size > 0) {
      this.#ordered = this.#changed.size > maxPatches ? this.#sorted() : this.#patched();
      this.#changed.clear();
    }
    return this.#ordered;
  }

  #sorted(): Ordered {
    const keys = [...this.#objects.keys()].sort();
    return { keys, objects: keys.flatMap((key) => this.#objects.get(key) ?? []) };
  }

  #patched(): Ordered {
    const before = this.#ordered;
    const objects = before.objects.slice();
    const moved: string[] = [];
    for (const key of this.#changed) {
      const index = lowerBound(before.keys, key);
      const object = this.#objects.get(key);
      if (object && before.keys[index] === key) objects[index] = object;
      else moved.push(key);
    }
    // Most changes are of objects that stay: then the keys stay too.
    if (moved.length === 0) return { keys: before.keys, objects };
    const keys = before.keys.slice();
    for (const key of moved) {
      const index = lowerBound(keys, key);
      const object = this.#objects.get(key);
      const removed = keys[index] === key ? 1 : 0;
      keys.splice(index, removed, ...(object ? [key] : []));
      objects.splice(index, removed, ...(object ? [object] : []));
    }
    return { keys, objects };
  }
}

/** The index of the first key that is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the keys of a namespace begin and end; all of them where none is given. */
export function namespaceRange(
  keys: readonly string[],
  namespace: string | undefined,
): { readonly start: number; readonly end: number } {
  if (namespace === undefined) return { start: 0, end: keys.length };
  // '0' follows '/' in ASCII: the first key past every name of the namespace.
  return { start: lowerBound(keys, `${namespace}/`), end: lowerBound(keys, `${namespace}0`) };
}
