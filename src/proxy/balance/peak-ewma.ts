export interface PeakEwmaOptions {
  /** What is assumed before anything was measured. */
  readonly initialMs: number;
  /**
   * The time constant of forgetting. Default 10 s, which is linkerd2-proxy's: long enough to remember a slow endpoint
   * over a handful of requests, short enough to try it again soon.
   */
  readonly decayMs?: number;
  readonly nowMs: number;
}

/**
 * The response time of an endpoint: an exponentially weighted moving average that jumps up to a peak at once and comes
 * down slowly. Without measurements it decays towards zero, so that an endpoint that was slow once is tried again.
 */
export class PeakEwma {
  readonly #decayMs: number;
  #estimateMs: number;
  #updatedAtMs: number;

  constructor({ initialMs, decayMs = 10_000, nowMs }: PeakEwmaOptions) {
    this.#decayMs = decayMs;
    this.#estimateMs = initialMs;
    this.#updatedAtMs = nowMs;
  }

  /** Takes in one measured response time. */
  observe(responseMs: number, nowMs: number): void {
    const remembered = this.#remembered(nowMs);
    const current = this.#estimateMs * remembered;
    this.#estimateMs = responseMs > current ? responseMs : current + responseMs * (1 - remembered);
    this.#updatedAtMs = nowMs;
  }

  estimateMs(nowMs: number): number {
    return this.#estimateMs * this.#remembered(nowMs);
  }

  #remembered(nowMs: number): number {
    return Math.exp(-Math.max(0, nowMs - this.#updatedAtMs) / this.#decayMs);
  }
}
