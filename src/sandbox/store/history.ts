import { type Ordered, lowerBound, objectKey } from './collection.js';
import type { KubeObject } from './object.js';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Carries the version of this change, also when DELETED: it is then the last state, at the deletion's version. */
  readonly object: KubeObject;
  /** The state before. Absent only when ADDED. */
  readonly previous?: KubeObject;
}

export interface Change {
  readonly version: number;
  readonly event: StoreEvent;
}

/** The latest changes of one type, so that a watch can start in the past and a list be given as of then. */
export class History {
  readonly #limit: number;
  #changes: Change[] = [];
  /** Every change after this version is held. */
  #floor: number;

  /** Keeps at least `limit` changes. There were none that count up to and including version `floor`. */
  constructor(limit: number, floor = 0) {
    this.#limit = limit;
    this.#floor = floor;
  }

  append(change: Change): void {
    this.#changes.push(change);
    // Dropping half at a time makes the cost of a drop constant for each change.
    if (this.#changes.length > 2 * this.#limit) this.#dropFirst(this.#changes.length - this.#limit);
  }

  /** Forgets every change up to and including `version`. */
  compact(version: number): void {
    this.#changes = this.#changes.filter((change) => change.version > version);
    this.#floor = Math.max(this.#floor, version);
  }

  /** The changes after `version`, oldest first; undefined where some of them are no longer held. */
  since(version: number): readonly Change[] | undefined {
    if (version < this.#floor) return undefined;
    let first = this.#changes.length;
    while (first > 0 && (this.#changes[first - 1]?.version ?? 0) > version) first -= 1;
    return this.#changes.slice(first);
  }

  #dropFirst(count: number): void {
    this.#floor = this.#changes[count - 1]?.version ?? this.#floor;
    this.#changes.splice(0, count);
  }
}

/** What `present` was before `changes`, the latest of which led to it. */
export function undo(present: Ordered, changes: readonly Change[]): Ordered {
  if (changes.length === 0) return present;
  const before = new Map<string, KubeObject | undefined>();
  for (const { event } of changes) {
    const key = objectKey(event.object.metadata.namespace, event.object.metadata.name);
    if (!before.has(key)) before.set(key, event.previous);
  }
  const restored = [...before.entries()].flatMap(([key, object]) => (object ? [{ key, object }] : []));
  restored.sort((left, right) => (left.key < right.key ? -1 : 1));
  const keys: string[] = [];
  const objects: KubeObject[] = [];
  let copied = 0;
  const copyUntil = (end: number): void => {
    for (; copied < end; copied += 1) {
      const key = present.keys[copied];
      const object = present.objects[copied];
      if (key === undefined || object === undefined || before.has(key)) continue;
      keys.push(key);
      objects.push(object);
    }
  };
  for (const { key, object } of restored) {
    copyUntil(lowerBound(present.keys, key));
    keys.push(key);
    objects.push(object);
  }
  copyUntil(present.keys.length);
  return { keys, objects };
}
