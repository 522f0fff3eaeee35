import type { Logger } from '../../runtime/log.js';
import type { Clock } from './clock.js';
import { RefusedWrite } from './client.js';

export interface WorkQueueOptions {
  /** For log lines: `deployments`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Brings what `key` names to its desired state, judging only by what the store holds now. It throws where it can't
   * finish; the key then comes again after a pause.
   */
  readonly reconcile: (key: string) => void;
}

/** How many keys one turn of the event loop works off, so that ten thousand objects don't hold up everybody else. */
const keysPerTurn = 25;
const minRetryMs = 5;
const maxRetryMs = 10_000;

/**
 * Keys to reconcile, each waiting at most once: any number of events about one object between two turns of the event
 * loop cost one reconciliation. In the order of their first mention.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #timers = new Map<string, { readonly dueMs: number; readonly cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #cancelTurn: (() => void) | undefined;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#ready.add(key);
    this.#cancelTurn ??= this.#options.clock.schedule(0, () => this.#turn());
  }

  /** Adds the key after a pause, unless it is due earlier anyway. A reconciliation in between makes it void. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const { clock } = this.#options;
    const dueMs = clock.now() + delayMs;
    const waiting = this.#timers.get(key);
    if (waiting && waiting.dueMs <= dueMs) return;
    waiting?.cancel();
    const cancel = clock.schedule(delayMs, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { dueMs, cancel });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTurn?.();
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#ready.clear();
  }

  #turn(): void {
    this.#cancelTurn = undefined;
    // Keys that are added meanwhile are for the next turn.
    let left = Math.min(this.#ready.size, keysPerTurn);
    for (const key of this.#ready) {
      if (left-- === 0) break;
      this.#ready.delete(key);
      this.#reconcile(key);
      if (this.#closed) return;
    }
    if (this.#ready.size > 0) this.#cancelTurn ??= this.#options.clock.schedule(0, () => this.#turn());
  }

  #reconcile(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
    try {
      this.#options.reconcile(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#retry(key, error);
    }
  }

  #retry(key: string, error: unknown): void {
    const { name, log } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const retryMs = Math.min(minRetryMs * 2 ** (failures - 1), maxRetryMs);
    // A refused write is the API doing its work; anything else is a defect, kept from harming other objects.
    if (!(error instanceof RefusedWrite))
      log.error({ controller: name, key, retryMs, err: error }, 'reconcile failed');
    else if (error.isRace)
      log.debug({ controller: name, key, retryMs, reason: error.message }, 'reconcile raced');
    else log.warn({ controller: name, key, retryMs, reason: error.message }, 'reconcile refused');
    this.addAfter(key, retryMs);
  }
}
