import { setImmediate } from 'node:timers/promises';

/**
 * Keeps a loop over arriving data from holding up the event loop. Awaiting each chunk isn't enough: as long as the
 * kernel has data, chunk after chunk is delivered within one turn, up to some megabytes.
 */
export class TurnBudget {
  readonly #budgetMs: number;
  readonly #nowMs: () => number;
  #startedMs: number | undefined;
  #spentMs = 0;

  /** `budgetMs`: for how long to work before letting others. Default 5. `nowMs`: a monotonic clock. */
  constructor({
    budgetMs = 5,
    nowMs = () => performance.now(),
  }: { readonly budgetMs?: number; readonly nowMs?: () => number } = {}) {
    this.#budgetMs = budgetMs;
    this.#nowMs = nowMs;
  }

  /** Work begins. */
  start(): void {
    this.#startedMs = this.#nowMs();
  }

  /** Work has ended. Resolves at once, or, when the budget is spent, after the event loop has had a turn. */
  async stop(): Promise<void> {
    if (this.#startedMs !== undefined) this.#spentMs += this.#nowMs() - this.#startedMs;
    this.#startedMs = undefined;
    if (this.#spentMs < this.#budgetMs) return;
    this.#spentMs = 0;
    await setImmediate();
  }
}
