import type { Engine } from './engine.js';
import { KeysByValue } from './keys-by-value.js';
import type { Node, Revision } from './node.js';
import { RollCall } from './roll-call.js';
import { TableNodes } from './table-nodes.js';

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
  #rows = new Map<Key, Row>();
  readonly #indexes: Index<Key, Row>[] = [];
  readonly #nodes = new TableNodes<Key>();
  /** Counts what a reset that is being put together doesn't know of. */
  #writes = 0;

  constructor(engine: Engine, options: TableOptions<Row>) {
    this.#engine = engine;
    this.name = options.name;
    this.#equal = options.equal;
  }

  /** Adds an index over the values that `valuesOf` names for a row: none, one or several, without repetition. */
  index(valuesOf: (row: Row) => readonly string[]): Index<Key, Row> {
    const index = new Index<Key, Row>(this, valuesOf);
    for (const [key, row] of this.#rows) index.replace(key, undefined, row, this.#engine.revision);
    this.#indexes.push(index);
    this.#writes++;
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

  /** Removes the row, where there is one. */
  delete(key: Key): void {
    const before = this.#rows.get(key);
    if (before === undefined) return;
    this.#rows.delete(key);
    this.#changed(key, before, undefined);
  }

  /**
   * Begins a whole new content. It is put together beside the present one, indexes included, over as many turns of the
   * event loop as the writer likes, and takes its place at once: nobody sees a state in between. A row that is equal to
   * the present one of its key is that one.
   *
   * Putting it in place costs what has changed, and next to nothing where no view depends on the table. Until then it can
   * simply be dropped.
   */
  beginReset(): TableReset<Key, Row> {
    const old = this.#rows;
    const writes = this.#writes;
    const rows = new Map<Key, Row>();
    const staged = this.#indexes.map((index) => index.stage());
    const roll = new RollCall(old, rows);
    const changed: Key[] = [];

    const put = (given: Key, row: Row): void => {
      const key = roll.call(given);
      const before = rows.get(key);
      rows.set(key, row);
      for (const index of staged) index.move(key, before, row);
    };
    return {
      add: (key, row) => {
        const present = old.get(key);
        const same = present !== undefined && this.#equal(present, row);
        if (!same) changed.push(key);
        put(key, same ? present : row);
      },
      keep: (key) => {
        const present = old.get(key);
        if (present !== undefined) put(key, present);
      },
      commit: () => {
        if (this.#writes !== writes) throw new Error(`table ${this.name} was written during a reset`);
        this.#writes++;
        this.#rows = rows;
        for (const index of staged) index.commit();
        for (const key of roll.absent()) changed.push(key);
        if (changed.length === 0) return;
        const revision = ++this.#engine.revision;
        if (this.observed === 0) return;
        const watched = this.#indexes.filter((index) => index.observed > 0);
        for (const key of changed) {
          this.#nodes.touch(key, revision);
          if (watched.length === 0) continue;
          const before = old.get(key);
          const after = rows.get(key);
          for (const index of watched) index.touch(before, after, revision);
        }
      },
    };
  }

  /** The node that changes with the row of `key`, present or not. */
  node(key: Key): Node {
    return this.#nodes.of(key);
  }

  #changed(key: Key, before: Row | undefined, after: Row | undefined): void {
    this.#writes++;
    const revision = ++this.#engine.revision;
    for (const index of this.#indexes) index.replace(key, before, after, revision);
    this.#nodes.touch(key, revision);
  }
}

/** A whole new content of a table, as it is put together. The table must not be written meanwhile. */
export interface TableReset<Key extends string, Row> {
  /** The table will have this row. */
  add(key: Key, row: Row): void;
  /** The table will have the row of `key` that it has, if it has one. */
  keep(key: Key): void;
  /** What was added and kept becomes the whole content. The last call: a reset is good for one. */
  commit(): void;
}

/** Finds a table's rows by something other than their key. */
export class Index<Key extends string, Row> {
  readonly #table: Table<Key, Row>;
  readonly #valuesOf: (row: Row) => readonly string[];
  #keys = new KeysByValue<Key>();
  readonly #nodes = new TableNodes<string>();
  readonly #memberships = new TableNodes<string>();

  constructor(table: Table<Key, Row>, valuesOf: (row: Row) => readonly string[]) {
    this.#table = table;
    this.#valuesOf = valuesOf;
  }

  get observed(): number {
    return this.#nodes.size + this.#memberships.size;
  }

  /** The keys under `value`, in order. */
  keys(value: string): readonly Key[] {
    return this.#keys.under(value);
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
  replace(key: Key, before: Row | undefined, after: Row | undefined, revision: Revision): void {
    const left = this.#values(before);
    const entered = this.#values(after);
    this.#keys.move(key, left, entered);
    this.#touch(left, entered, revision);
  }

  /** The same of a row that the index has already, by way of `stage`. */
  touch(before: Row | undefined, after: Row | undefined, revision: Revision): void {
    this.#touch(this.#values(before), this.#values(after), revision);
  }

  /** Begins a whole new content, of which nothing shows until it is committed. */
  stage(): StagedIndex<Key, Row> {
    const keys = new KeysByValue<Key>();
    return {
      move: (key, before, after) => keys.move(key, this.#values(before), this.#values(after)),
      commit: () => {
        this.#keys = keys;
      },
    };
  }

  #values(row: Row | undefined): readonly string[] {
    return row === undefined ? none : this.#valuesOf(row);
  }

  #touch(left: readonly string[], entered: readonly string[], revision: Revision): void {
    for (const value of left) {
      this.#nodes.touch(value, revision);
      if (!entered.includes(value)) this.#memberships.touch(value, revision);
    }
    for (const value of entered) {
      if (left.includes(value)) continue;
      this.#nodes.touch(value, revision);
      this.#memberships.touch(value, revision);
    }
  }
}

interface StagedIndex<Key, Row> {
  move(key: Key, before: Row | undefined, after: Row): void;
  commit(): void;
}

const none: readonly never[] = [];
