import type { Fields } from '../http/fields.js';
import type { Peer, RequestHead, ResponseHead } from '../http/message.js';

/**
 * What the proxy tells of its traffic while it happens. Everything that measures or shows traffic hangs here, and the
 * data path knows nothing of it: an implementation must not throw, and what it does is paid for by every request.
 */
export interface Observer {
  /**
   * A request is being sent to a target. A retry is a request of its own, also where the target refused it, or its sidecar
   * couldn't hand it on; an attempt that found no connection, and was made elsewhere instead, is none.
   */
  request(start: RequestStart): RequestObserver;
  /** A request, or a connection of bytes, that the proxy itself ended before it had a target. */
  refused(refusal: RefusalEvent): void;
  connection(opened: ConnectionOpened): ConnectionObserver;
}

export type Direction = 'inbound' | 'outbound';

/** Where traffic goes. */
export interface Target {
  /** An IP address; a host name where no control plane said where it is. */
  readonly ip: string;
  readonly port: number;
  /** `ip:port`, an IPv6 address in brackets. */
  readonly address: string;
  /** What the client asked for, as discovery was asked; undefined on the inbound side. */
  readonly authority: string | undefined;
  /** What discovery said of the endpoint: `pod`, `deployment`, `zone`… */
  readonly labels: ReadonlyMap<string, string>;
}

export interface RequestStart {
  readonly direction: Direction;
  readonly target: Target;
  readonly client: Peer;
  /** As the client sent it. */
  readonly head: RequestHead;
  /** The labels of the profile's route; empty where none matches. */
  readonly routeLabels: ReadonlyMap<string, string>;
}

/** `ended` is called exactly once, after `responded` if that is called at all. */
export interface RequestObserver {
  responded(head: ResponseHead, sinceRequestMs: number): void;
  ended(end: RequestEnd): void;
}

export interface RequestEnd {
  /** Undefined where no response came. */
  readonly status: number | undefined;
  readonly grpcStatus: number | undefined;
  /** Undefined where it can't be told: the client left before there was a response. */
  readonly classification: 'success' | 'failure' | undefined;
  /** What broke it: `timeout`, `connect`, `reset`; `cancelled` by the client. Undefined where it went to its end. */
  readonly error: RequestError | undefined;
  /** RFC 9113, section 7; undefined where it went to its end. */
  readonly resetCode: number | undefined;
  readonly trailers: Fields;
  /** Content only. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly sinceRequestMs: number;
  readonly sinceResponseMs: number | undefined;
}

export type RequestError = 'timeout' | 'connect' | 'reset' | 'cancelled';

export interface RefusalEvent {
  readonly direction: Direction;
  readonly protocol: 'http' | 'tcp';
  /** A word for the kind of reason. */
  readonly reason: string;
}

export interface ConnectionOpened {
  readonly direction: Direction;
  /** `src`: accepted from a client. `dst`: made to a target. */
  readonly peer: 'src' | 'dst';
  /** For `src`, undefined where it isn't known before requests come. */
  readonly target: Target | undefined;
  /** The address at the other end; empty where it has gone already. */
  readonly remoteIp: string;
  /** What has passed so far. May be asked at any time, also after the end. */
  readonly bytes: () => { readonly read: number; readonly written: number };
}

export interface ConnectionObserver {
  /** `errno` is the name of the system's error, `ECONNRESET`; undefined for a regular end. */
  closed(errno: string | undefined): void;
}

/** For an observer to give where the rest of a request is nothing to it. */
export const noRequestObserver: RequestObserver = { responded() {}, ended() {} };

/** The same for a connection. */
export const noConnectionObserver: ConnectionObserver = { closed() {} };

/** Tells several observers. One that takes no interest in a request, or a connection, costs it nothing. */
export function observeAll(observers: readonly Observer[]): Observer {
  const nobody: Observer = {
    request: () => noRequestObserver,
    refused() {},
    connection: () => noConnectionObserver,
  };
  return observers.reduce(observeBoth, nobody);
}

function observeBoth(first: Observer, second: Observer): Observer {
  return {
    request(start) {
      const one = first.request(start);
      const other = second.request(start);
      if (one === noRequestObserver) return other;
      return other === noRequestObserver ? one : new BothOfRequest(one, other);
    },
    refused(refusal) {
      first.refused(refusal);
      second.refused(refusal);
    },
    connection(opened) {
      const one = first.connection(opened);
      const other = second.connection(opened);
      if (one === noConnectionObserver) return other;
      if (other === noConnectionObserver) return one;
      return {
        closed(errno) {
          one.closed(errno);
          other.closed(errno);
        },
      };
    },
  };
}

class BothOfRequest implements RequestObserver {
  readonly #one: RequestObserver;
  readonly #other: RequestObserver;

  constructor(one: RequestObserver, other: RequestObserver) {
    this.#one = one;
    this.#other = other;
  }

  responded(head: ResponseHead, sinceRequestMs: number): void {
    this.#one.responded(head, sinceRequestMs);
    this.#other.responded(head, sinceRequestMs);
  }

  ended(end: RequestEnd): void {
    this.#one.ended(end);
    this.#other.ended(end);
  }
}
