import { type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { type ObserveRequest, TapClient, type TapEvent } from '../gen/io/linkerd/proxy/tap/tap.js';
import { Backoff } from '../runtime/backoff.js';
import type { EventMeter } from './event-budget.js';
import type { EventReader } from './event-reader.js';
import type { TappedEvent } from './tapped-event.js';

/** How an upstream is doing. */
export type UpstreamState =
  /** It has not been answered yet. */
  | { readonly kind: 'opening' }
  /** Its requests are shown. */
  | { readonly kind: 'open' }
  /** It is tried again. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Its requests are so many that it is listened to from time to time only. */
  | { readonly kind: 'flooding' };

export interface UpstreamListener {
  event(event: TappedEvent): void;
  state(state: UpstreamState): void;
}

export interface UpstreamOptions {
  /** `host:port` of the proxy's tap server. */
  readonly address: string;
  readonly request: ObserveRequest;
  readonly reader: EventReader;
  readonly meter: EventMeter;
  readonly random: () => number;
  readonly limits?: Partial<UpstreamLimits> | undefined;
}

export interface UpstreamLimits {
  /** How long a proxy may take to say that it has begun. */
  readonly answerMs: number;
  /** The first pause after a failure; each is twice the one before, and random by half. */
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
  /** A proxy's event; more than what 64 KB of header fields make of one. */
  readonly maxEventBytes: number;
}

const defaultLimits: UpstreamLimits = {
  answerMs: 10_000,
  minRetryMs: 200,
  maxRetryMs: 5_000,
  maxEventBytes: 262_144,
};

/** A call that has lasted this long works. */
const settledMs = 1_000;

/**
 * What one proxy sees of the requests that match, told to all who look on. It is asked for until `close`: a call that ends
 * is made again, at once where the proxy ended it well, and after a pause where it failed.
 *
 * A listener is told the state of things at once, and of requests that begin from then on. When it leaves, or when the
 * proxy is lost, the requests under way end for it.
 */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #limits: UpstreamLimits;
  readonly #client: TapClient;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<UpstreamListener>();
  #state: UpstreamState = { kind: 'opening' };
  #call: ClientReadableStream<TapEvent> | undefined;
  #openedAtMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    const { minRetryMs, maxRetryMs, maxEventBytes } = this.#limits;
    this.#client = new TapClient(options.address, credentials.createInsecure(), {
      // Pods are on the cluster's own network.
      'grpc.enable_http_proxy': 0,
      'grpc.enable_channelz': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      // A node that died is noticed in half a minute.
      'grpc.keepalive_time_ms': 20_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.max_receive_message_length': maxEventBytes,
    });
    this.#backoff = new Backoff({ minMs: minRetryMs, maxMs: maxRetryMs, random: options.random });
    this.#open();
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  add(listener: UpstreamListener): void {
    this.#listeners.add(listener);
    listener.state(this.#state);
  }

  remove(listener: UpstreamListener): void {
    if (!this.#listeners.delete(listener)) return;
    for (const event of this.#options.reader.wouldLose()) listener.event(event);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#end();
    this.#client.close();
  }

  #open(): void {
    this.#openedAtMs = Number.POSITIVE_INFINITY;
    const call = this.#client.observe(this.#options.request);
    this.#call = call;
    this.#timer = setTimeout(() => {
      this.#fail(call, `it has not answered for ${this.#limits.answerMs / 1_000} s`);
    }, this.#limits.answerMs);
    call.on('metadata', () => {
      if (this.#call === call) this.#opened();
    });
    call.on('data', (event: TapEvent) => {
      if (this.#call === call) this.#receive(event);
    });
    call.on('end', () => {
      // It has told of as many requests as it was asked for; or it wants nobody.
      if (this.#call === call) this.#pause(this.#isSettled() ? 0 : this.#backoff.next());
    });
    call.on('error', (error: ServiceError) => {
      this.#fail(call, describe(error));
    });
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#openedAtMs = performance.now();
    if (this.#state.kind !== 'flooding') this.#become({ kind: 'open' });
  }

  #receive(event: TapEvent): void {
    const deafMs = this.#options.meter.use();
    if (deafMs > 0) {
      if (this.#state.kind !== 'flooding') this.#become({ kind: 'flooding' });
      // At a random time, so that nothing which recurs to a beat is always missed.
      this.#pause(deafMs * (0.5 + this.#options.random()));
      return;
    }
    if (this.#state.kind === 'flooding' && this.#isSettled()) this.#become({ kind: 'open' });
    for (const tapped of this.#options.reader.read(event)) this.#tell(tapped);
  }

  #isSettled(): boolean {
    return performance.now() - this.#openedAtMs >= settledMs;
  }

  #fail(call: ClientReadableStream<TapEvent>, reason: string): void {
    if (this.#call !== call) return;
    if (this.#isSettled()) this.#backoff.reset();
    this.#become({ kind: 'failed', reason });
    this.#pause(this.#backoff.next());
  }

  /** Listens no more, and again after a while. */
  #pause(forMs: number): void {
    this.#end();
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#open(), forMs);
  }

  #end(): void {
    clearTimeout(this.#timer);
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
    for (const event of this.#options.reader.lose()) this.#tell(event);
  }

  #tell(event: TappedEvent): void {
    for (const listener of this.#listeners) listener.event(event);
  }

  #become(state: UpstreamState): void {
    const isSame =
      state.kind === this.#state.kind &&
      (state.kind !== 'failed' || this.#state.kind !== 'failed' || state.reason === this.#state.reason);
    this.#state = state;
    if (isSame) return;
    for (const listener of this.#listeners) listener.state(state);
  }
}

/** In the words of what went wrong, as short as it takes. */
function describe({ code, details }: ServiceError): string {
  const words = details.length > 200 ? `${details.slice(0, 200)}…` : details;
  return `${status[code] ?? code}: ${words}`;
}
