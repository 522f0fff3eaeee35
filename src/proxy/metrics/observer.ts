import type { Fields } from '../http/fields.js';
import type { Peer, RequestHead, ResponseHead } from '../http/message.js';

/**
 * What the proxy tells of its traffic while it happens. Everything that measures or shows traffic hangs here, and the
 * data path knows nothing of it: an implementation must not throw, and what it does is paid for by every request.
 */
export interface Observer {
  /**
   * A request is being sent to a target. A retry is a request of its own; an attempt that found no connection, and was
   * made elsewhere instead, is none.
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
  /** What has passed so far. May be asked at any time, also after the end. */
  readonly bytes: () => { readonly read: number; readonly written: number };
}

export interface ConnectionObserver {
  /** `errno` is the name of the system's error, `ECONNRESET`; undefined for a regular end. */
  closed(errno: string | undefined): void;
}

/** Tells several observers. */
export function observeAll(observers: readonly Observer[]): Observer {
  return {
    request(start) {
      const all = observers.map((it) => it.request(start));
      return {
        responded: (head, sinceRequestMs) => all.forEach((it) => it.responded(head, sinceRequestMs)),
        ended: (end) => all.forEach((it) => it.ended(end)),
      };
    },
    refused: (refusal) => observers.forEach((it) => it.refused(refusal)),
    connection(opened) {
      const all = observers.map((it) => it.connection(opened));
      return { closed: (errno) => all.forEach((it) => it.closed(errno)) };
    },
  };
}
