/** How often what was used is forgotten again. */
const periodMs = 100;

export interface EventBudgetOptions {
  /** Of all upstreams together, in a second. */
  readonly maxEventsPerSecond: number;
  /** How many upstreams there are. */
  readonly upstreams: () => number;
  readonly nowMs: () => number;
}

/**
 * How many events a proxy may send: an equal share each, of what the process can well take. One that sends more is not
 * heard for a while, so that it costs no other its share.
 */
export class EventBudget {
  readonly #options: EventBudgetOptions;

  constructor(options: EventBudgetOptions) {
    this.#options = options;
  }

  meter(): EventMeter {
    const { maxEventsPerSecond, upstreams, nowMs } = this.#options;
    return new EventMeter(nowMs, () =>
      Math.max(minShare, (maxEventsPerSecond / upstreams()) * (periodMs / 1_000)),
    );
  }
}

/** However many upstreams there are, each may send this in a period: a tap of a large namespace shows something of all. */
const minShare = 20;

export class EventMeter {
  readonly #nowMs: () => number;
  readonly #share: () => number;
  #periodEndsMs = 0;
  #used = 0;
  #allowed = 0;

  constructor(nowMs: () => number, share: () => number) {
    this.#nowMs = nowMs;
    this.#share = share;
  }

  /** Counts one event; how many milliseconds to be deaf for, on average, where it was one too many. */
  use(): number {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#periodEndsMs) {
      this.#periodEndsMs = nowMs + periodMs;
      this.#allowed = this.#share();
      this.#used = 0;
    }
    this.#used += 1;
    if (this.#used <= this.#allowed) return 0;
    const tookMs = periodMs - (this.#periodEndsMs - nowMs);
    // As long as it takes for the whole, heard and not, to be a share.
    return Math.max(periodMs - tookMs, 1);
  }
}
