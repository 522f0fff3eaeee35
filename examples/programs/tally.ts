/** What became of requests, by outcome: `ok`, `on purpose`, `status 502`, `ECONNREFUSED`, `no answer in time`. */
export interface Stats {
  readonly sent: number;
  /** Sent and neither answered nor given up. `sent` is this and all outcomes together. */
  readonly inFlight: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Not sent, because too many were in flight. */
  readonly withheld: number;
  /** Of the answers, in milliseconds; the bound of a bucket, so up to a tenth more than it was. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** The last ten requests that failed, and not on purpose. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly at: string;
  readonly request: string;
  readonly outcome: string;
  readonly detail: string;
}

const maxFailures = 10;

/** Buckets grow by a tenth each, from 1 ms. */
const growth = Math.log(1.1);

/** Counts requests exactly. */
export class Tally {
  #sent = 0;
  #withheld = 0;
  #inFlight = 0;
  readonly #outcomes = new Map<string, number>();
  readonly #buckets: number[] = [];
  readonly #failures: Failure[] = [];

  get inFlight(): number {
    return this.#inFlight;
  }

  withhold(): void {
    this.#withheld += 1;
  }

  begin(): void {
    this.#sent += 1;
    this.#inFlight += 1;
  }

  end(outcome: string, tookMs: number): void {
    this.#inFlight -= 1;
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    const bucket = Math.max(0, Math.ceil(Math.log(tookMs) / growth));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  remember(failure: Failure): void {
    this.#failures.push(failure);
    if (this.#failures.length > maxFailures) this.#failures.shift();
  }

  stats(): Stats {
    return {
      sent: this.#sent,
      inFlight: this.#inFlight,
      outcomes: Object.fromEntries(this.#outcomes),
      withheld: this.#withheld,
      latencyMs: { p50: this.#quantile(0.5), p99: this.#quantile(0.99) },
      failures: [...this.#failures],
    };
  }

  #quantile(share: number): number {
    const total = this.#buckets.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      seen += count ?? 0;
      if (total > 0 && seen >= share * total) return Number(Math.exp(bucket * growth).toPrecision(3));
    }
    return 0;
  }
}
