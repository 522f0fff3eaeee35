import { Backoff } from '../runtime/backoff.js';

/** Lists in a row that the API server answered with 404: it has no such resource. */
export interface Absence {
  readonly lists: number;
  /** From the first of them to the last. */
  readonly forMs: number;
}

/** Counts those lists, and says when to look again for a resource that isn't there. */
export class AbsenceCount {
  readonly #backoff: Backoff;
  #lists = 0;
  #sinceMs = 0;

  /**
   * A CRD is installed by somebody who then waits to see it work, so it is looked for within ten seconds. That costs the
   * API server a request every 7.5 s or so, which it refuses without asking its database.
   */
  constructor({ random }: { readonly random: () => number }) {
    this.#backoff = new Backoff({ minMs: 2_500, maxMs: 10_000, random });
  }

  /** There was one more. */
  count(nowMs: number): Absence {
    if (this.#lists === 0) this.#sinceMs = nowMs;
    this.#lists += 1;
    return { lists: this.#lists, forMs: nowMs - this.#sinceMs };
  }

  /** The server has answered otherwise, or hasn't. */
  reset(): void {
    this.#lists = 0;
    this.#backoff.reset();
  }

  nextDelayMs(): number {
    return this.#backoff.next();
  }
}
