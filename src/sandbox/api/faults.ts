import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Status, type StatusReason, failure } from '../store/status.js';
import type { Store } from '../store/store.js';
import type { LineFaults } from './line-faults.js';
import type { Verb } from './traffic.js';
import type { WatchStream } from './watch-stream.js';

/** Which failures apply to a request. */
export interface FailureScope {
  readonly verb?: Verb;
  readonly plural?: string;
  readonly retryAfterSeconds?: number;
}

/** What becomes of a request before it is looked at. */
export type Intervention = { readonly kind: 'proceed' } | { readonly kind: 'fail'; readonly status: Status };

interface Failing extends FailureScope {
  readonly code: number;
  /** How many more requests fail; undefined: all. */
  remaining: number | undefined;
}

/**
 * What can go wrong with an API server, at the call of a method: for tests of clients. `plural` narrows a fault to the
 * watches of one type.
 */
export class Faults {
  readonly #store: Store;
  readonly #watches: ReadonlySet<WatchStream>;
  readonly #sockets: ReadonlySet<Socket>;
  readonly #lines: LineFaults;
  readonly #failing: Failing[] = [];
  readonly #stale = new Map<string, number>();
  #delayMs = 0;
  #waiting = 0;
  #held: { readonly until: Promise<void>; readonly release: () => void } | undefined;

  constructor(options: {
    readonly store: Store;
    readonly watches: ReadonlySet<WatchStream>;
    readonly sockets: ReadonlySet<Socket>;
    readonly lines: LineFaults;
  }) {
    this.#store = options.store;
    this.#watches = options.watches;
    this.#sockets = options.sockets;
    this.#lines = options.lines;
  }

  /** The next event of an object gets lost on the watch that is the first to send one. */
  dropNextEvent(plural?: string): void {
    this.#lines.add('drop', plural);
  }

  /** The next event arrives as a line that is no JSON. */
  garbleNextLine(plural?: string): void {
    this.#lines.add('garble', plural);
  }

  /** The next event arrives in two parts. */
  splitNextLine(plural?: string): void {
    this.#lines.add('split', plural);
  }

  /** Half of the next event arrives, and the watch ends. */
  truncateNextLine(plural?: string): void {
    this.#lines.add('truncate', plural);
  }

  /** Open watches get a line as it is, without its newline: any JSON as the object of an event, or no JSON at all. */
  sendMalformed(plural: string, line: string): void {
    for (const watch of this.#open(plural)) watch.sendRaw(`${line}\n`);
  }

  /** Open watches end with an ERROR event of code 410: their clients must list again. */
  expireWatches(plural?: string): void {
    for (const watch of this.#open(plural)) watch.expire('too old resource version');
  }

  /** Open watches end as they do after their timeout. */
  closeWatches(plural?: string): void {
    for (const watch of this.#open(plural)) watch.end();
  }

  /** The store forgets its history: watches and lists of older versions get 410. */
  compact(): void {
    this.#store.compact();
  }

  /** Every connection is reset. */
  resetConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /**
   * Open watches fall silent for good without ending. With `newRequests: 'held'`, requests that come from now on get no
   * answer until `resume`.
   */
  hang(options: { readonly newRequests?: 'served' | 'held'; readonly plural?: string } = {}): void {
    for (const watch of this.#open(options.plural)) watch.hold();
    if (options.newRequests !== 'held' || this.#held) return;
    let release = (): void => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held = { until, release };
  }

  /** How many requests wait for `resume`. */
  get heldRequests(): number {
    return this.#waiting;
  }

  /** Ends `hang`, `failAll`, `failNext` and `delayMs` for the requests that wait and those to come. */
  resume(): void {
    this.#held?.release();
    this.#held = undefined;
    this.#failing.length = 0;
    this.#delayMs = 0;
  }

  /** The next `count` requests in the scope are answered with an HTTP error. */
  failNext(count: number, code: number, scope: FailureScope = {}): void {
    this.#failing.push({ ...scope, code, remaining: count });
  }

  /** All requests are answered with an HTTP error, until it is called with `undefined`. */
  failAll(code: number | undefined, scope: FailureScope = {}): void {
    const others = this.#failing.filter(({ remaining }) => remaining !== undefined);
    this.#failing.length = 0;
    this.#failing.push(...others);
    if (code !== undefined) this.#failing.push({ ...scope, code, remaining: undefined });
  }

  /**
   * The next list of a type that asks for the latest state gets that of a past version, as from an API server whose cache
   * lags. The history must still hold it.
   */
  staleList(plural: string, resourceVersion: number): void {
    this.#stale.set(plural, resourceVersion);
  }

  /** Every request waits before it is looked at; 0 ends that. */
  delayMs(milliseconds: number): void {
    this.#delayMs = milliseconds;
  }

  /** For the server: waits and fails as told. */
  async intervene(verb: Verb, plural: string): Promise<Intervention> {
    if (this.#delayMs > 0) await delay(this.#delayMs);
    if (this.#held) {
      this.#waiting += 1;
      await this.#held.until;
      this.#waiting -= 1;
    }
    const index = this.#failing.findIndex(
      (one) =>
        (one.verb === undefined || one.verb === verb) && (one.plural === undefined || one.plural === plural),
    );
    const failing = this.#failing[index];
    if (!failing) return { kind: 'proceed' };
    if (failing.remaining !== undefined) {
      failing.remaining -= 1;
      if (failing.remaining <= 0) this.#failing.splice(index, 1);
    }
    return { kind: 'fail', status: injected(failing.code, failing.retryAfterSeconds) };
  }

  /** For the server: the past version that a list shows, used up by this. */
  takeStaleVersion(plural: string): number | undefined {
    const version = this.#stale.get(plural);
    this.#stale.delete(plural);
    return version;
  }

  #open(plural: string | undefined): readonly WatchStream[] {
    return [...this.#watches].filter((watch) => plural === undefined || watch.plural === plural);
  }
}

const reasons: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function injected(code: number, retryAfterSeconds: number | undefined): Status {
  const reason = reasons[code];
  return failure({
    code,
    ...(reason !== undefined && { reason }),
    message: `injected failure ${code}`,
    ...(retryAfterSeconds !== undefined && { details: { retryAfterSeconds } }),
  });
}
