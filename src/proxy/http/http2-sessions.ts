import { type ClientHttp2Session, connect } from 'node:http2';
import type { Dial } from '../tcp/dial.js';
import { http2Limits, http2Settings } from './http2-limits.js';
import { ResetAllowance } from './reset-allowance.js';

/** One connection to a server, and the requests on it. */
export interface OpenSession {
  readonly session: ClientHttp2Session;
  /** Whether it has carried a request before. */
  readonly isUsed: boolean;
  /** A request begins on it; the result is to be called once, when it is over. */
  begin(): () => void;
  /** A request on it is given up. */
  countReset(): void;
}

/**
 * What Node's servers let pass, by nghttp2's defaults of 1,000 at once and 33 a second, less a margin for what is on the
 * way while we count.
 */
const resets = { burst: 900, perSecond: 30 } as const;

/** A server that doesn't answer a ping for this long, while it has requests to answer, is gone. gRPC's figure. */
const ping = { intervalMs: 10_000, timeoutMs: 20_000 } as const;

/**
 * The connections to one server: one, and another when that takes no more requests. It stops taking them when the server
 * says so, and when more are open on it than may be given up at once.
 */
export class Http2Sessions {
  readonly #dial: Dial;
  #current: Session | undefined;
  #coming: Promise<Session> | undefined;
  readonly #all = new Set<Session>();
  #isDraining = false;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  /** The connection for the next request, where there is one already. */
  get ready(): OpenSession | undefined {
    const current = this.#current;
    if (current === undefined || current.canTakeMore()) return current;
    this.#current = undefined;
    current.finish();
    return undefined;
  }

  /** A connection for the next request, which is made where there is none. Rejects where that fails. */
  async next(): Promise<OpenSession> {
    const ready = this.ready;
    if (ready !== undefined) return ready;
    this.#coming ??= this.#connect().finally(() => {
      this.#coming = undefined;
    });
    const session = await this.#coming;
    // Of many that waited for it, more may have come than it can take.
    return session.canTakeMore() ? session : this.next();
  }

  drain(): void {
    this.#isDraining = true;
    for (const session of this.#all) session.finish();
  }

  async #connect(): Promise<Session> {
    const socket = await this.#dial();
    // The authority is said by each request; the one here is never sent.
    const client = connect('http://upstream', {
      ...http2Limits,
      settings: http2Settings,
      // Until the server says how many it takes; what is too much comes back refused, and is sent again.
      peerMaxConcurrentStreams: 0xffff_ffff,
      createConnection: () => socket,
    });
    const session = new Session(client);
    this.#all.add(session);
    this.#current = session;
    const forget = (): void => {
      if (this.#current === session) this.#current = undefined;
    };
    client.on('error', () => client.destroy());
    client.on('goaway', forget);
    client.on('close', () => {
      forget();
      this.#all.delete(session);
      session.stop();
    });
    // What waits for it now is still served.
    if (this.#isDraining) setImmediate(() => session.finish());
    return session;
  }
}

class Session implements OpenSession {
  readonly session: ClientHttp2Session;
  readonly #allowance = new ResetAllowance({ ...resets, nowMs: performance.now() });
  readonly #pings: NodeJS.Timeout;
  #requests = 0;
  #open = 0;

  constructor(session: ClientHttp2Session) {
    this.session = session;
    this.#pings = setInterval(() => this.#ping(), ping.intervalMs).unref();
  }

  get isUsed(): boolean {
    return this.#requests > 0;
  }

  canTakeMore(): boolean {
    const { closed, destroyed } = this.session;
    return !closed && !destroyed && this.#open < this.#allowance.left(performance.now());
  }

  begin(): () => void {
    this.#requests += 1;
    this.#open += 1;
    return () => {
      this.#open -= 1;
    };
  }

  countReset(): void {
    this.#allowance.spend(performance.now());
  }

  /** Closes when its last request is over. */
  finish(): void {
    if (!this.session.destroyed) this.session.close();
  }

  stop(): void {
    clearInterval(this.#pings);
  }

  #ping(): void {
    if (this.#open === 0 || this.session.destroyed) return;
    const timer = setTimeout(() => this.session.destroy(), ping.timeoutMs).unref();
    const isSent = this.session.ping(() => clearTimeout(timer));
    // Too many pings are on the way already; the first of them decides.
    if (!isSent) clearTimeout(timer);
  }
}
