import type { Engine } from './engine.js';
import { Node } from './node.js';

export interface TableOptions<Row> {
  readonly name: string;
  /** Whether a row says the same as another; an equal row changes nothing. */
  readonly equal: (a: Row, b: Row) => boolean;
}

/** Rows by key, which views read and one writer keeps up to date. Rows are immutable: a change is a new row. */
export class Table<Key extends string, Row> {
  readonly name: string;
  readonly #engine: Engine;
  readonly #equal: (a: Row, b: Row) => boolean;
  readonly #rows = new Map<Key, Row>();
  readonly #indexes: Index<Key, Row>[] = [];
  readonly #nodes = new Entries<Key>();

  constructor(engine: Engine, options: TableOptions<Row>) {
    this.#engine = engine;
    this.name = options.name;
    this.#equal = options.equal;
  }

  /** Adds an index over the values that `valuesOf` names for a row: none, one or several, without repetition. */
  index(valuesOf: (row: Row) => readonly string[]): Index<Key, Row> {
    const index = new Index<Key, Row>(this, valuesOf);
    for (const [key, row] of this.#rows) index.replace(key, undefined, row);
    this.#indexes.push(index);
    return index;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Rows and index entries that some view depends on. */
  get observed(): number {
    return this.#indexes.reduce((sum, index) => sum + index.observed, this.#nodes.size);
  }

  /** An untracked read, for code outside derivations. */
  get(key: Key): Row | undefined {
    return this.#rows.get(key);
  }

  entries(): IterableIterator<[Key, Row]> {
    return this.#rows.entries();
  }

  /** Inserts the row, or replaces the one of the same key. */
  apply(key: Key, row: Row): void {
    const before = this.#rows.get(key);
    if (before !== undefined && this.#equal(before, row)) return;
    this.#rows.set(key, row);
    this.#changed(key, before, row);
  }

  delete(key: Key): void {
    const before = this.#rows.get(key);
    if (before === undefined) return;
    this.#rows.delete(key);
    this.#changed(key, before, undefined);
  }

  /** Makes `rows` the whole content. Nobody sees a state in between. */
  reset(rows: ReadonlyMap<Key, Row>): void {
    for (const key of this.#rows.keys()) if (!rows.has(key)) this.delete(key);
    for (const [key, row] of rows) this.apply(key, row);
  }

  /** The node that changes with the row of `key`, present or not. */
  node(key: Key): Node {
    return this.#nodes.of(key);
  }

  #changed(key: Key, before: Row | undefined, after: Row | undefined): void {
    const revision = ++this.#engine.revision;
    for (const index of this.#indexes) index.replace(key, before, after, revision);
    this.#nodes.touch(key, revision);
  }
}

/** Finds a table's rows by something other than their key. */
export class Index<Key extends string, Row> {
  readonly #table: Table<Key, Row>;
  readonly #valuesOf: (row: Row) => readonly string[];
  /** Most values name one row: a Set for each would cost more than all else that is kept of it. */
  readonly #keys = new Map<string, Key | Members<Key>>();
  readonly #nodes = new Entries<string>();
  readonly #memberships = new Entries<string>();

  constructor(table: Table<Key, Row>, valuesOf: (row: Row) => readonly string[]) {
    this.#table = table;
    this.#valuesOf = valuesOf;
  }

  get observed(): number {
    return this.#nodes.size + this.#memberships.size;
  }

  /** The keys under `value`, in order. */
  keys(value: string): readonly Key[] {
    const held = this.#keys.get(value);
    if (held === undefined) return [];
    return held instanceof Members ? held.ordered() : [held];
  }

  /** The rows under `value`, ordered by key. */
  rows(value: string): readonly Row[] {
    const rows: Row[] = [];
    for (const key of this.keys(value)) {
      const row = this.#table.get(key);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  /** The node that changes with the rows under `value`. */
  node(value: string): Node {
    return this.#nodes.of(value);
  }

  /** The node that changes with the keys under `value`, and not with what their rows say. */
  membership(value: string): Node {
    return this.#memberships.of(value);
  }

  /** The table's row of `key` has changed. */
  replace(key: Key, before: Row | undefined, after: Row | undefined, revision = 0): void {
    const left = before === undefined ? [] : this.#valuesOf(before);
    const entered = after === undefined ? [] : this.#valuesOf(after);
    for (const value of left) {
      this.#nodes.touch(value, revision);
      if (entered.includes(value)) continue;
      this.#remove(value, key);
      this.#memberships.touch(value, revision);
    }
    for (const value of entered) {
      if (left.includes(value)) continue;
      this.#add(value, key);
      this.#nodes.touch(value, revision);
      this.#memberships.touch(value, revision);
    }
  }

  #add(value: string, key: Key): void {
    const held = this.#keys.get(value);
    if (held === undefined) this.#keys.set(value, key);
    else if (held instanceof Members) held.add(key);
    else if (held !== key) this.#keys.set(value, new Members([held, key]));
  }

  #remove(value: string, key: Key): void {
    const held = this.#keys.get(value);
    if (held instanceof Members) {
      held.delete(key);
      if (held.size > 0) return;
    } else if (held !== key) {
      return;
    }
    this.#keys.delete(value);
  }
}

/** Keys under one value of an index. */
class Members<Key extends string> {
  readonly #keys: Set<Key>;
  #ordered: readonly Key[] | undefined;

  constructor(keys: Iterable<Key>) {
    this.#keys = new Set(keys);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** They are read much more often than they change. */
  ordered(): readonly Key[] {
    this.#ordered ??= [...this.#keys].sort();
    return this.#ordered;
  }

  add(key: Key): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#ordered = undefined;
  }

  delete(key: Key): void {
    if (this.#keys.delete(key)) this.#ordered = undefined;
  }
}

/** The nodes that views depend on, and no others: an entry goes with its last dependent. */
class Entries<Key> {
  readonly #nodes = new Map<Key, Entry>();

  get size(): number {
    return this.#nodes.size;
  }

  of(key: Key): Node {
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = new Entry(() => this.#nodes.delete(key));
      this.#nodes.set(key, node);
    }
    return node;
  }

  touch(key: Key, revision: number): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    node.changedAt = revision;
    node.invalidateDependents('dirty');
  }
}

class Entry extends Node {
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
