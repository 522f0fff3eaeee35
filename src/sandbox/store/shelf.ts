import { Collection, type Ordered, objectKey } from './collection.js';
import { History, type StoreEvent, undo } from './history.js';
import type { ResourceType } from './resource-type.js';

/** What the store holds of one type: the present objects and the latest changes. */
export class Shelf {
  readonly type: ResourceType;
  readonly present = new Collection();
  readonly history: History;
  #past: { readonly version: number; readonly ordered: Ordered }[] = [];

  constructor(type: ResourceType, historyLimit: number, firstVersion: number) {
    this.type = type;
    this.history = new History(historyLimit, firstVersion);
  }

  apply(version: number, event: StoreEvent): void {
    const key = objectKey(event.object.metadata.namespace, event.object.metadata.name);
    if (event.type === 'DELETED') this.present.delete(key);
    else this.present.set(key, event.object);
    this.history.append({ version, event });
  }

  /**
   * All objects as they were at `version`; undefined where the changes since are no longer held. The latest few answers
   * are kept: the pages of one list all ask for the same version.
   */
  at(version: number): Ordered | undefined {
    const changes = this.history.since(version);
    if (changes === undefined) return undefined;
    if (changes.length === 0) return this.present.ordered();
    const kept = this.#past.find((past) => past.version === version);
    if (kept) return kept.ordered;
    const ordered = undo(this.present.ordered(), changes);
    this.#past = [...this.#past.slice(-(maxKeptPast - 1)), { version, ordered }];
    return ordered;
  }
}

const maxKeptPast = 8;
