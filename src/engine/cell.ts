import type { Engine, Listener, Publisher } from './engine.js';
import { type Dependent, Node, type Revision, type Staleness } from './node.js';
import type { Derive, Reader } from './reader.js';
import type { Snapshot } from './snapshot.js';
import type { Index, Table } from './table.js';
import type { View } from './view.js';

/** What a cell needs to know of its view. */
export interface CellOwner<Key, Value> {
  readonly name: string;
  readonly engine: Engine;
  readonly derive: Derive<Key, Value>;
  readonly equal: (a: Value, b: Value) => boolean;
  /** The derivation is about to run. */
  computed(): void;
  /** A value is about to be told to its subscribers. */
  published(): void;
  /** There is one subscriber more. */
  subscribed(): void;
  unsubscribed(): void;
  /** The cell is gone. */
  released(id: string): void;
}

type State =
  /** Never computed. */
  | 'new'
  /** As good as recomputed. */
  | 'fresh'
  | Staleness
  /** Being computed: reading it again from inside is a circle. */
  | 'running'
  /** Dropped; must not be used. */
  | 'released';

/**
 * One key of a view: its latest value and what that value was derived from.
 *
 * Staleness is pushed up when a table changes; values are pulled when somebody asks. A cell marked `check` first asks
 * what it read, in the order it read it, and recomputes only where one of those has really changed: that is where equal
 * values cut a change off.
 */
export class Cell<Key, Value> extends Node implements Dependent, Publisher {
  readonly id: string;
  readonly key: Key;
  readonly owner: CellOwner<Key, Value>;
  readonly #listeners = new Set<Listener>();
  #state: State = 'new';
  /** In the order in which they were first read, each once. */
  #reads: readonly Node[] = none;
  #computedAt: Revision = -1;
  /** What of the reads may have changed since the snapshot came of them; undefined where it didn't, or too much has. */
  #suspects: readonly Node[] | undefined;
  #snapshot: Snapshot<Value> | undefined;
  #publishedAt: Revision = -1;

  constructor(owner: CellOwner<Key, Value>, key: Key, id: string) {
    super();
    this.owner = owner;
    this.key = key;
    this.id = id;
  }

  /**
   * The value for the tables as they are now. Throws what the derivation threw where there is no earlier value to keep;
   * otherwise the error is reported and the earlier value stands until something it depends on changes again.
   */
  current(): Snapshot<Value> {
    if (this.#state !== 'fresh') this.#update();
    const snapshot = this.#snapshot;
    if (snapshot === undefined) throw new Error(`view ${this.owner.name} has no value for ${this.id}`);
    return snapshot;
  }

  listen(listener: Listener): Snapshot<Value> {
    const snapshot = this.current();
    if (this.#listeners.size === 0) this.#publishedAt = snapshot.version;
    this.#listeners.add(listener);
    this.owner.engine.revive(this);
    return snapshot;
  }

  unlisten(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return;
    if (this.#listeners.size > 0) return;
    this.owner.engine.dequeue(this);
    this.retireIfUnused();
  }

  /** Undefined while nobody listens. */
  subscribed(): { readonly key: Key; readonly value: Value } | undefined {
    const value = this.#snapshot?.value;
    return this.#listeners.size === 0 || value === undefined ? undefined : { key: this.key, value };
  }

  publish(): ReadonlySet<Listener> | undefined {
    if (this.#listeners.size === 0) return undefined;
    const { version } = this.current();
    if (version === this.#publishedAt) return undefined;
    this.#publishedAt = version;
    this.owner.published();
    return this.#listeners;
  }

  invalidate(staleness: Staleness, read: Node): void {
    switch (this.#state) {
      case 'fresh':
        this.#suspect(read);
        this.#state = staleness;
        if (this.#listeners.size > 0) this.owner.engine.enqueue(this);
        this.invalidateDependents('check');
        return;
      case 'check':
        this.#suspect(read);
        this.#state = staleness;
        return;
      case 'dirty':
        this.#suspect(read);
        return;
      case 'new':
      case 'running':
      case 'released':
        return;
    }
  }

  override addDependent(dependent: Dependent): void {
    super.addDependent(dependent);
    this.owner.engine.revive(this);
  }

  override refresh(): void {
    this.current();
  }

  /** Drops the cell, and with it whatever only it has read: that has been idle as long, and gets no grace of its own. */
  release(): void {
    this.#state = 'released';
    this.owner.engine.revive(this);
    this.owner.released(this.id);
    for (const node of this.#reads) {
      node.removeDependent(this);
      node.releaseIfUnused();
    }
    this.#reads = none;
  }

  override releaseIfUnused(): void {
    if (this.#unused && this.#state !== 'released') this.release();
  }

  /** Leaves the cell to the time of grace where nobody holds on to it. */
  retireIfUnused(): void {
    if (this.#unused && this.#state !== 'released') this.owner.engine.retire(this);
  }

  protected override abandoned(): void {
    this.retireIfUnused();
  }

  get #unused(): boolean {
    return this.#listeners.size === 0 && !this.hasDependents;
  }

  #suspect(read: Node): void {
    if (this.#suspects === undefined) return;
    this.#suspects = this.#suspects.length < maxSuspects ? [...this.#suspects, read] : undefined;
  }

  #update(): void {
    const { engine } = this.owner;
    engine.beginWork(this);
    try {
      if (this.#needsComputing()) this.#compute();
    } finally {
      engine.endWork();
    }
  }

  #needsComputing(): boolean {
    switch (this.#state) {
      case 'fresh':
        return false;
      case 'new':
      case 'dirty':
        return true;
      case 'check':
        for (const node of this.#reads) {
          node.refresh();
          if (node.changedAt > this.#computedAt) return true;
        }
        this.#state = 'fresh';
        if (this.#suspects !== undefined) this.#suspects = none;
        return false;
      case 'running':
        throw new Error(`view ${this.owner.name} depends on itself at ${this.id}`);
      case 'released':
        throw new Error(`view ${this.owner.name} was read after the release of ${this.id}`);
    }
  }

  #compute(): void {
    const { engine } = this.owner;
    const reader = new TrackingReader(this.#reads, this, this.#suspects);
    this.#suspects = undefined;
    this.#state = 'running';
    this.owner.computed();
    try {
      const before = this.#snapshot;
      const value = this.owner.derive(reader, this.key, before?.value);
      if (before === undefined || !this.owner.equal(before.value, value)) {
        engine.inspect(value);
        this.#snapshot = { version: engine.revision, value };
        this.changedAt = engine.revision;
        this.#suspects = none;
      }
      this.#reads = reader.finish();
    } catch (error) {
      this.#reads = reader.abort();
      if (this.#snapshot === undefined) {
        this.release();
        throw error;
      }
      engine.report(error, { view: this.owner.name, key: this.id });
    }
    this.#computedAt = engine.revision;
    this.#state = 'fresh';
  }
}

const none: readonly never[] = [];

/** Each is looked for among all reads; a derivation that much has happened to may as well look at every read. */
const maxSuspects = 8;

// Most derivations read each time what they read the last time, in the same order. As long as one does, there is nothing to
// be noted, and the cell that a key names need not be looked for.
class TrackingReader implements Reader {
  readonly #former: readonly Node[];
  readonly #reader: Dependent;
  readonly #suspects: readonly Node[] | undefined;
  /** How many of the former reads have been repeated, in order. */
  #repeated = 0;
  /** All reads, from the first on that wasn't a repetition. */
  #reads: Set<Node> | undefined;

  constructor(former: readonly Node[], reader: Dependent, suspects: readonly Node[] | undefined) {
    this.#former = former;
    this.#reader = reader;
    this.#suspects = suspects;
  }

  get count(): number {
    return this.#reads?.size ?? this.#repeated;
  }

  get<Key extends string, Row>(table: Table<Key, Row>, key: Key): Row | undefined {
    this.#track(table.node(key));
    return table.get(key);
  }

  by<Key extends string, Row>(index: Index<Key, Row>, value: string): readonly Row[] {
    this.#track(index.node(value));
    return index.rows(value);
  }

  keys<Key extends string, Row>(index: Index<Key, Row>, value: string): readonly Key[] {
    this.#track(index.membership(value));
    return index.keys(value);
  }

  view<Key, Value>(view: View<Key, Value>, key: Key): Value {
    const cell = view.cell(key, this.#former[this.#repeated]);
    const { value } = cell.current();
    this.#track(cell);
    return value;
  }

  repeats(value: object): boolean {
    if (this.#reads !== undefined) return false;
    const node = this.#former[this.#repeated];
    if (!(node instanceof Cell) || node.current().value !== value) return false;
    this.#repeated++;
    return true;
  }

  standing(from: number, most: number): number {
    if (this.#reads !== undefined || this.#repeated !== from || this.#suspects === undefined) return 0;
    let end = Math.min(from + most, this.#former.length);
    for (const suspect of this.#suspects) {
      const place = this.#former.indexOf(suspect, from);
      if (place >= 0 && place < end) end = place;
    }
    this.#repeated = end;
    return end - from;
  }

  /** Everything that was read; lets go of what was read before and isn't any more. */
  finish(): readonly Node[] {
    const former = this.#former;
    if (this.#reads === undefined) {
      if (this.#repeated === former.length) return former;
      for (const node of former.slice(this.#repeated)) node.removeDependent(this.#reader);
      return former.slice(0, this.#repeated);
    }
    for (const node of former) if (!this.#reads.has(node)) node.removeDependent(this.#reader);
    return [...this.#reads];
  }

  /** Everything that was read, now or before: the derivation hasn't come to an end. */
  abort(): readonly Node[] {
    return this.#reads === undefined ? this.#former : [...new Set([...this.#former, ...this.#reads])];
  }

  #track(node: Node): void {
    if (this.#reads === undefined) {
      if (this.#former[this.#repeated] === node) {
        this.#repeated++;
        return;
      }
      if (this.#repeated > 0 && this.#former[this.#repeated - 1] === node) return;
      this.#reads = new Set(this.#former.slice(0, this.#repeated));
    }
    if (this.#reads.has(node)) return;
    this.#reads.add(node);
    node.addDependent(this.#reader);
  }
}
