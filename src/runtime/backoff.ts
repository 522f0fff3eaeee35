/**
 * How long to wait before trying again: exponential, with jitter, between two bounds.
 *
 * The jitter is half of the delay, so that the clients of a server that comes back spread out, and yet none of them
 * tries again at once.
 */

export interface BackoffOptions {
  /** No delay is shorter. Default 800. */
  readonly minMs?: number;
  /** No delay is longer. Default 30,000. */
  readonly maxMs?: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor({ minMs = 800, maxMs = 30_000, random = Math.random }: BackoffOptions = {}) {
    if (!(minMs > 0 && maxMs >= minMs)) throw new RangeError(`backoff bounds ${minMs}..${maxMs} ms`);
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** Delays taken since the start or the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /**
   * The next delay, in milliseconds. Delay n (from 0) is uniform in the upper half of `2^(n+1) * minMs`, that is in
   * [minMs, 2 minMs) at first, until `maxMs` caps it to (maxMs / 2, maxMs].
   */
  next(): number {
    const ceilingMs = Math.min(this.#maxMs, this.#minMs * 2 ** (this.#attempts + 1));
    this.#attempts += 1;
    const delayMs = ceilingMs - (ceilingMs / 2) * this.#random();
    return Math.max(this.#minMs, delayMs);
  }

  /** To be called once the thing has worked for a while: the next delay is a first one. */
  reset(): void {
    this.#attempts = 0;
  }
}
