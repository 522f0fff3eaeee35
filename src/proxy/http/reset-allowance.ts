export interface ResetAllowanceOptions {
  /** What may come at once. */
  readonly burst: number;
  readonly perSecond: number;
  readonly nowMs: number;
}

/**
 * How many requests on one HTTP/2 connection may still be given up without the server ending the connection, and every
 * other request with it: servers guard against clients that do so in numbers (CVE-2023-44487).
 */
export class ResetAllowance {
  readonly #burst: number;
  readonly #perMs: number;
  #left: number;
  #countedAtMs: number;

  constructor({ burst, perSecond, nowMs }: ResetAllowanceOptions) {
    this.#burst = burst;
    this.#perMs = perSecond / 1_000;
    this.#left = burst;
    this.#countedAtMs = nowMs;
  }

  left(nowMs: number): number {
    const passedMs = Math.max(0, nowMs - this.#countedAtMs);
    this.#left = Math.min(this.#burst, this.#left + passedMs * this.#perMs);
    this.#countedAtMs = nowMs;
    return this.#left;
  }

  spend(nowMs: number): void {
    this.#left = this.left(nowMs) - 1;
  }
}
