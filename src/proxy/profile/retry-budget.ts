import type { RetryBudget as RetryBudgetBounds } from '../../core/routes.js';

/** The budget has this many slots of equal length; a request counts until its slot is over, so up to a slot less than `ttlMs`. */
const slots = 10;

/**
 * Bounds the load that retries add: within any span of `ttlMs` there are no more of them than `retryRatio` for each ordinary
 * request, and `minRetriesPerSecond` for each second.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #slotMs: number;
  /** By slot: what its requests allow, less what its retries took. */
  readonly #balances = Array.from({ length: slots }, () => 0);
  #slot = 0;

  constructor({ retryRatio, minRetriesPerSecond, ttlMs }: RetryBudgetBounds) {
    this.#ratio = retryRatio;
    this.#reserve = (minRetriesPerSecond * ttlMs) / 1_000;
    this.#slotMs = ttlMs / slots;
  }

  /** An ordinary request, which isn't itself a retry. */
  deposit(nowMs: number): void {
    this.#add(this.#ratio, nowMs);
  }

  /** Takes the means for one retry, if they are there. */
  withdraw(nowMs: number): boolean {
    this.#add(0, nowMs);
    const balance = this.#balances.reduce((sum, it) => sum + it, this.#reserve);
    // Ratios such as 0.1 don't add up exactly.
    if (balance < 1 - 1e-9) return false;
    this.#add(-1, nowMs);
    return true;
  }

  #add(amount: number, nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    const passed = Math.min(slot - this.#slot, slots);
    for (let step = 1; step <= passed; step++) this.#balances[(slot - passed + step) % slots] = 0;
    this.#slot = Math.max(slot, this.#slot);
    const index = this.#slot % slots;
    this.#balances[index] = (this.#balances[index] ?? 0) + amount;
  }
}
