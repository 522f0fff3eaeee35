import { Cell, type CellOwner } from './cell.js';
import type { Engine, Listener } from './engine.js';
import type { Node } from './node.js';
import type { Derive } from './reader.js';
import type { Snapshot } from './snapshot.js';

export interface ViewOptions<Key, Value> {
  readonly name: string;
  /** Names a key. Keys of the same id are the same key; the id holds all that can change the value. */
  readonly id: (key: Key) => string;
  readonly derive: Derive<Key, Value>;
  /** Whether a value says the same as another; an equal value is not published. Default: identity. */
  readonly equal?: (a: Value, b: Value) => boolean;
  /** Whether two keys have the same id, found out at less cost than by their ids. Default: identity. */
  readonly sameKey?: (a: Key, b: Key) => boolean;
}

/** What a view has done since its start, and holds now. */
export interface ViewStats {
  /** Keys that are held: read by somebody, or within their time of grace. */
  readonly keys: number;
  readonly subscribers: number;
  /** Runs of the derivation. */
  readonly computations: number;
  /** Values that differed from the one before and had subscribers to be told. */
  readonly publications: number;
}

export interface SubscribedKey<Key, Value> {
  readonly key: Key;
  readonly value: Value;
}

/** A subscriber's hold on one key. */
export interface Subscription<Value> {
  /** The newest published state. Between two calls of the listener it may have moved on by several. */
  readonly latest: Snapshot<Value>;
  /** Ends it; the listener is not called again. */
  close(): void;
}

/** Values derived from tables and other views, a key at a time and only as long as somebody asks. */
export class View<Key, Value> {
  readonly name: string;
  readonly #cells = new Map<string, Cell<Key, Value>>();
  readonly #id: (key: Key) => string;
  readonly #sameKey: (a: Key, b: Key) => boolean;
  readonly #owner: CellOwner<Key, Value>;
  #subscribers = 0;
  #computations = 0;
  #publications = 0;

  constructor(engine: Engine, options: ViewOptions<Key, Value>) {
    const { name, id, derive, equal = Object.is, sameKey = Object.is } = options;
    this.name = name;
    this.#id = id;
    this.#sameKey = sameKey;
    this.#owner = {
      name,
      engine,
      derive,
      equal,
      computed: () => {
        this.#computations++;
      },
      published: () => {
        this.#publications++;
      },
      released: (id) => this.#cells.delete(id),
      subscribed: () => {
        this.#subscribers++;
      },
      unsubscribed: () => {
        this.#subscribers--;
      },
    };
  }

  stats(): ViewStats {
    return {
      keys: this.#cells.size,
      subscribers: this.#subscribers,
      computations: this.#computations,
      publications: this.#publications,
    };
  }

  /** Every key that has subscribers, with its newest published state. */
  *subscribed(): Iterable<SubscribedKey<Key, Value>> {
    for (const cell of this.#cells.values()) {
      const subscribed = cell.subscribed();
      if (subscribed !== undefined) yield subscribed;
    }
  }

  /** The value now. Reading alone holds the key for the time of grace only. */
  read(key: Key): Value {
    const cell = this.cell(key);
    const { value } = cell.current();
    cell.retireIfUnused();
    return value;
  }

  /**
   * Calls `listener` after each publication of `key`, until closed. The listener is told that there is something newer,
   * not what: `latest` says that, so one who is slow is told less often, sees a subsequence of the states, and the
   * last of them always. Never called from within this call. Throws what the derivation throws.
   */
  subscribe(key: Key, listener: () => void): Subscription<Value> {
    const subscription = new CellSubscription(this.cell(key), this.#owner, listener);
    this.#owner.subscribed();
    return subscription;
  }

  /** For the engine: the cell of `key`, made where there is none. It is likely to be `guess`. */
  cell(key: Key, guess?: Node): Cell<Key, Value> {
    if (guess !== undefined && this.#owns(guess) && (guess.key === key || this.#sameKey(guess.key, key)))
      return guess;
    const id = this.#id(key);
    let cell = this.#cells.get(id);
    if (cell === undefined) {
      cell = new Cell<Key, Value>(this.#owner, key, id);
      this.#cells.set(id, cell);
    }
    return cell;
  }

  #owns(node: Node): node is Cell<Key, Value> {
    return node instanceof Cell && node.owner === this.#owner;
  }
}

// An object of its own rather than closures: there is one for each stream, and telling thousands of streams takes as
// long as it takes to fetch what they consist of from memory.
class CellSubscription<Key, Value> implements Subscription<Value>, Listener {
  readonly #cell: Cell<Key, Value>;
  readonly #owner: CellOwner<Key, Value>;
  readonly #listener: () => void;
  #latest: Snapshot<Value>;
  #open = true;

  constructor(cell: Cell<Key, Value>, owner: CellOwner<Key, Value>, listener: () => void) {
    this.#cell = cell;
    this.#owner = owner;
    this.#listener = listener;
    this.#latest = cell.listen(this);
  }

  get latest(): Snapshot<Value> {
    return this.#latest;
  }

  deliver(): void {
    try {
      this.#latest = this.#cell.current();
      this.#listener();
    } catch (error) {
      this.#owner.engine.report(error, { view: this.#owner.name, key: this.#cell.id });
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#owner.unsubscribed();
    this.#cell.unlisten(this);
  }
}
