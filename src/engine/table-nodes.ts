import { Node, type Revision } from './node.js';

/** The nodes of a table or an index that views depend on, and no others: a node goes with its last dependent. */
export class TableNodes<Key> {
  readonly #nodes = new Map<Key, TableNode>();

  get size(): number {
    return this.#nodes.size;
  }

  /** The node of `key`, whether or not there is anything under it. */
  of(key: Key): Node {
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = new TableNode(() => this.#nodes.delete(key));
      this.#nodes.set(key, node);
    }
    return node;
  }

  /** What is under `key` has changed. */
  touch(key: Key, revision: Revision): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    node.changedAt = revision;
    node.invalidateDependents('dirty');
  }
}

class TableNode extends Node {
  readonly #drop: () => void;

  constructor(drop: () => void) {
    super();
    this.#drop = drop;
  }

  override refresh(): void {
    // Stamped by every change of its table: always true.
  }

  override releaseIfUnused(): void {
    // Dropped as soon as it is abandoned.
  }

  protected override abandoned(): void {
    this.#drop();
  }
}
