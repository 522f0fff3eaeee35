import type { Revision } from './node.js';
import { type Scheduler, turnScheduler } from './scheduler.js';

export interface EngineOptions {
  /**
   * At least this long from one publication to the next, in milliseconds. A change after a quiet time is published at
   * the end of the turn it arrived in; what follows closely is gathered, so that a rolling restart costs a stream a
   * few messages and not one for each event. Default 10: no client can act on changes faster than that.
   */
  readonly minPublishIntervalMs?: number;
  /**
   * How long a key is kept after its last reader has gone, in milliseconds, so that a client which comes back finds it
   * computed. Default 10,000.
   */
  readonly graceMs?: number;
  /** How many keys may be kept without a reader; beyond it the oldest go at once. Default 10,000. */
  readonly maxIdleKeys?: number;
  /** Longest uninterrupted work, in milliseconds; the rest goes on in a later turn. Default 10. */
  readonly maxTurnMs?: number;
  /** Told of a derivation or a listener that threw. Neither harms any other. */
  readonly onError: (error: unknown, where: { readonly view: string; readonly key: string }) => void;
  /** Called with every value about to be published; tests freeze it here. */
  readonly inspect?: (value: unknown) => void;
  readonly scheduler?: Scheduler;
}

/** Somebody who wants to hear that a key has a newer snapshot. */
export interface Listener {
  deliver(): void;
}

/** A publication on its way. */
interface Announcement {
  readonly listeners: ReadonlySet<Listener>;
  /** Who has yet to be told. */
  rest: Iterator<Listener>;
  /** Whether there has been another publication since: everybody is told once more. */
  again: boolean;
}

/** A key of a view, as the engine sees it. */
export interface Publisher {
  /**
   * Brings the value up to date and returns who must hear of it; undefined where it is the same. What it returns is the
   * live set of listeners, which is walked over several turns: who leaves meanwhile doesn't come up any more.
   */
  publish(): ReadonlySet<Listener> | undefined;
  /** Drops the key. */
  release(): void;
}

/**
 * Carries changes of tables to those who subscribed to something derived from them.
 *
 * Work is by demand: a table's change marks what read it as stale, which costs as much as there are readers, and only
 * stale keys with subscribers are recomputed, once a turn however many changes came. A derivation sees the tables as
 * they are when it runs, so every published value is consistent with one moment of all tables.
 */
export class Engine {
  /** The revision of the newest table change. */
  revision: Revision = 0;

  readonly #options: Required<Omit<EngineOptions, 'inspect'>> & Pick<EngineOptions, 'inspect'>;
  readonly #stale = new Set<Publisher>();
  /** One for each key, however often it is published: a burst that outruns its telling piles up nothing. */
  readonly #due = new Map<Publisher, Announcement>();
  readonly #idle = new Map<Publisher, number>();
  /** Keys that are being brought up to date, each read by the one before it. */
  #keysAtWork = 0;
  #isEvicting = false;
  #cancelTurn: (() => void) | undefined;
  #cancelSweep: (() => void) | undefined;
  #lastPublishMs = Number.NEGATIVE_INFINITY;

  constructor(options: EngineOptions) {
    this.#options = {
      minPublishIntervalMs: 10,
      graceMs: 10_000,
      maxIdleKeys: 10_000,
      maxTurnMs: 10,
      scheduler: turnScheduler,
      ...options,
    };
  }

  /** Keys that are kept without a reader at this moment. */
  get idleKeys(): number {
    return this.#idle.size;
  }

  /** Publishes everything that is due, now and in this call. Until then readers of `latest` see the state before. */
  flush(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    this.#work(Number.POSITIVE_INFINITY);
  }

  /** Stops all timers; nothing more is published. */
  close(): void {
    this.#cancelTurn?.();
    this.#cancelSweep?.();
    this.#stale.clear();
    this.#due.clear();
    this.#idle.clear();
  }

  /** A key with subscribers has become stale. */
  enqueue(key: Publisher): void {
    this.#stale.add(key);
    this.#schedule(this.#lastPublishMs + this.#options.minPublishIntervalMs);
  }

  /** It has no subscribers any more. */
  dequeue(key: Publisher): void {
    this.#stale.delete(key);
  }

  /** Nobody reads this key any more: it is kept for the time of grace. */
  retire(key: Publisher): void {
    this.#idle.delete(key);
    this.#idle.set(key, this.#options.scheduler.nowMs());
    this.#evict();
    this.#scheduleSweep();
  }

  /** Somebody reads this key again. */
  revive(key: Publisher): void {
    this.#idle.delete(key);
  }

  /**
   * A key is brought up to date, and is not idle meanwhile. Until `endWork` no key is dropped to make room: the work lets
   * go of some keys, and reads others that nobody holds yet.
   */
  beginWork(key: Publisher): void {
    this.#idle.delete(key);
    this.#keysAtWork++;
  }

  endWork(): void {
    this.#keysAtWork--;
    this.#evict();
  }

  inspect(value: unknown): void {
    this.#options.inspect?.(value);
  }

  report(error: unknown, where: { readonly view: string; readonly key: string }): void {
    this.#options.onError(error, where);
  }

  #schedule(notBeforeMs: number): void {
    this.#cancelTurn ??= this.#options.scheduler.at(notBeforeMs, () => {
      this.#cancelTurn = undefined;
      this.#work(this.#options.scheduler.nowMs() + this.#options.maxTurnMs);
    });
  }

  #work(untilMs: number): void {
    const { scheduler } = this.#options;
    for (const key of this.#stale) {
      this.#stale.delete(key);
      this.#announce(key, key.publish());
      if (scheduler.nowMs() > untilMs) break;
    }
    // A burst of listeners is told over several turns; one that is told late is told the latest all the same.
    if (this.#stale.size === 0) this.#tell(untilMs);
    this.#lastPublishMs = scheduler.nowMs();
    if (this.#due.size > 0 || this.#stale.size > 0) this.#schedule(Number.NEGATIVE_INFINITY);
  }

  #announce(key: Publisher, listeners: ReadonlySet<Listener> | undefined): void {
    if (listeners === undefined) return;
    const pending = this.#due.get(key);
    if (pending === undefined) this.#due.set(key, { listeners, rest: listeners.values(), again: false });
    else pending.again = true;
  }

  #tell(untilMs: number): void {
    const { scheduler } = this.#options;
    let told = 0;
    for (const [key, announcement] of this.#due) {
      const { rest, listeners } = announcement;
      for (let next = rest.next(); next.done !== true; next = rest.next()) {
        next.value.deliver();
        // The clock costs a tenth of telling somebody.
        if (++told % 16 === 0 && scheduler.nowMs() > untilMs) return;
      }
      this.#due.delete(key);
      if (announcement.again) this.#due.set(key, { listeners, rest: listeners.values(), again: false });
    }
  }

  #scheduleSweep(): void {
    const oldest = this.#idle.values().next();
    if (oldest.done === true) return;
    this.#cancelSweep ??= this.#options.scheduler.after(oldest.value + this.#options.graceMs, () => {
      this.#cancelSweep = undefined;
      const horizonMs = this.#options.scheduler.nowMs() - this.#options.graceMs;
      for (const [key, sinceMs] of this.#idle) {
        if (sinceMs > horizonMs) break;
        this.#release(key);
      }
      this.#scheduleSweep();
    });
  }

  #evict(): void {
    // What only an evicted key has read is idle for a moment, and comes here again, before it goes with it.
    if (this.#isEvicting || this.#keysAtWork > 0) return;
    this.#isEvicting = true;
    for (const oldest of this.#idle.keys()) {
      if (this.#idle.size <= this.#options.maxIdleKeys) break;
      this.#release(oldest);
    }
    this.#isEvicting = false;
  }

  #release(key: Publisher): void {
    this.#idle.delete(key);
    key.release();
  }
}
