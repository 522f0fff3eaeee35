import type { Logger } from '../runtime/log.js';
import type { GrpcMetrics } from './metrics.js';
import type { OpenCall } from './open-call.js';

export interface StreamRegistryOptions {
  readonly log: Logger;
  readonly metrics: Pick<GrpcMetrics, 'streamReset'>;
  /** How long one write may wait for its client before the stream is reset. */
  readonly stallTimeoutMs: number;
  /** How long after its reset a stream may linger before its connection is cut. */
  readonly lingerMs: number;
}

/** What is needed of an OpenCall to keep account of it. */
export type TrackedCall = Pick<
  OpenCall,
  'method' | 'stalledMs' | 'resetForMs' | 'summary' | 'end' | 'reset' | 'disconnect'
>;

/**
 * The open calls of a server. `sweep` resets those whose client takes nothing: such a client answers keepalive pings, so
 * nothing else would ever end its streams, and what they hold would never be freed.
 */
export class StreamRegistry implements Iterable<TrackedCall> {
  readonly #options: StreamRegistryOptions;
  readonly #calls = new Set<TrackedCall>();
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(options: StreamRegistryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#calls.size;
  }

  [Symbol.iterator](): Iterator<TrackedCall> {
    return this.#calls.values();
  }

  add(call: TrackedCall): void {
    this.#calls.add(call);
  }

  delete(call: TrackedCall): void {
    this.#calls.delete(call);
  }

  /** Looks at every call once; to be called regularly. A thousand calls take microseconds. */
  sweep(nowMs: number): void {
    const { stallTimeoutMs, lingerMs } = this.#options;
    const sinceLastMs = nowMs - this.#sweptMs;
    this.#sweptMs = nowMs;
    // This process stood still, or is too busy to tell: what clients took in the meantime has yet to be noticed.
    if (sinceLastMs > stallTimeoutMs / 2) return;
    for (const call of this.#calls) {
      const resetForMs = call.resetForMs(nowMs);
      if (resetForMs !== undefined) {
        if (resetForMs > lingerMs) call.disconnect();
      } else if (call.stalledMs(nowMs) > stallTimeoutMs) {
        this.reset(call, nowMs);
      }
    }
  }

  /** Resets a stalled call, with a log line and a count. */
  reset(call: TrackedCall, nowMs: number): void {
    const { log, metrics } = this.#options;
    log.warn(call.summary(nowMs), 'client takes nothing, stream reset');
    metrics.streamReset('stalled');
    call.reset();
  }
}
