import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ObserveRequest, TapEvent } from '../../gen/io/linkerd/proxy/tap/tap.js';
import type { TapMetrics } from './metrics.js';
import type { Viewer } from './taps.js';

/** How many events may wait for a viewer to take them: linkerd2-proxy's figure. */
const maxWaiting = 400;

/** A viewer at the other end of a call. One that is slow loses events, and holds up nobody. */
export class CallViewer implements Viewer {
  readonly #call: ServerWritableStream<ObserveRequest, TapEvent>;
  readonly #metrics: TapMetrics;
  readonly #nowMs: () => number;
  #waiting = 0;
  #isOver = false;
  /** Since when nothing has been taken, while something waits. */
  #stuckSinceMs: number;

  constructor({
    call,
    metrics,
    nowMs,
  }: {
    readonly call: ServerWritableStream<ObserveRequest, TapEvent>;
    readonly metrics: TapMetrics;
    readonly nowMs: () => number;
  }) {
    this.#call = call;
    this.#metrics = metrics;
    this.#nowMs = nowMs;
    this.#stuckSinceMs = nowMs();
  }

  readonly tell = (makeEvent: () => TapEvent): void => {
    if (this.#waiting >= maxWaiting) {
      this.#metrics.dropped.inc();
      return;
    }
    if (this.#waiting === 0) this.#stuckSinceMs = this.#nowMs();
    this.#waiting += 1;
    this.#call.write(makeEvent(), this.#taken);
  };

  readonly end = (): void => {
    this.#call.end();
  };

  /** For how long it has taken nothing, though there was something. */
  stuckMs(): number {
    return this.#waiting === 0 ? 0 : this.#nowMs() - this.#stuckSinceMs;
  }

  /** The call is over: what it hasn't taken is lost. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#metrics.dropped.inc(this.#waiting);
  }

  readonly #taken = (error?: Error | null): void => {
    if (this.#isOver) return;
    this.#waiting -= 1;
    this.#stuckSinceMs = this.#nowMs();
    if (error) this.#metrics.dropped.inc();
    else this.#metrics.sent.inc();
  };
}
