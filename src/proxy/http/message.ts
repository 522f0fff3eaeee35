import type { Duplex } from 'node:stream';
import type { BodySink, BodySource } from './body.js';
import type { Fields } from './fields.js';

/**
 * One representation of HTTP for all of the proxy. Each protocol is mapped to it and from it at the edge: a request
 * comes as an `Exchange` (http1-server, http2-server) and goes out by an `Upstream` (http1-upstream, http2-upstream),
 * so that what lies between knows neither.
 */

export type HttpVersion = '1.0' | '1.1' | '2';

export interface RequestHead {
  /** What the client speaks. Its framing is not kept; semantics that only HTTP/1 has depend on it. */
  readonly version: HttpVersion;
  readonly method: string;
  readonly scheme: string;
  /** `host[:port]` of the request's target or its Host; empty where the client gave none. */
  readonly authority: string;
  /** In origin form, with its query; `*` for OPTIONS of the server itself; empty for CONNECT. */
  readonly path: string;
  /** End to end, without those that describe the connection, without Host. */
  readonly fields: Fields;
  /** The protocol that an HTTP/1.1 client asks to change to. */
  readonly upgrade: string | undefined;
}

export interface ResponseHead {
  readonly status: number;
  /** The reason phrase; empty where the protocol has none. */
  readonly reason: string;
  /** End to end. */
  readonly fields: Fields;
}

/** A response without content whatever its fields say (RFC 9110, section 6.4.1). */
export function hasNoContent(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/** RFC 9113, section 7; the words for resets in every protocol here. */
export const resetCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  refused: 7,
  cancel: 8,
} as const;

export interface Peer {
  readonly ip: string;
  readonly port: number;
}

/** A request that a client has made, and the way to answer it. */
export interface Exchange {
  readonly request: RequestHead;
  /** Undefined where there is none. */
  readonly body: BodySource | undefined;
  readonly client: Peer;
  /** Set by whoever handles the exchange; called at most once, when the client leaves before it has the answer. */
  onAbandoned: (code: number) => void;
  /** An interim answer, 100 to 199 but 101. Dropped where the client can't take it. */
  inform(head: ResponseHead): void;
  /** The answer. Where there is no body, the result is already ended. */
  respond(head: ResponseHead, options: RespondOptions): BodySink;
  /** Ends it without an answer, or in the middle of one. */
  abort(code: number): void;
}

export interface RespondOptions {
  readonly hasBody: boolean;
  /** Lets the connection end behind this answer, where it carries one request at a time. */
  readonly close?: boolean;
}

/** One address, spoken to in one protocol over connections that are kept. */
export interface Upstream {
  /** Sends one request. Never throws. */
  send(request: OutgoingRequest): Call;
  /** No request follows: connections end as soon as they are idle. */
  drain(): void;
}

export interface OutgoingRequest {
  readonly head: RequestHead;
  readonly body: BodySource | undefined;
  readonly onInterim: (head: ResponseHead) => void;
  /** Called once there is a connection, before anything is sent on it. */
  readonly onConnected: () => void;
}

export interface Call {
  readonly result: Promise<CallResult>;
  /** Gives up waiting for the result, which then is a failure; later the body's `cancel` is the way. */
  cancel(code: number): void;
}

export type CallResult =
  | { readonly kind: 'response'; readonly head: ResponseHead; readonly body: BodySource | undefined }
  /** The connection itself, for a request that asked for it by CONNECT or an upgrade. */
  | { readonly kind: 'tunnel'; readonly head: ResponseHead; readonly stream: Duplex }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

export interface CallFailure {
  /**
   * `unsendable`: the protocol can't say it. `connect`: nothing was sent. `refused`: the server says that it did nothing
   * (RFC 9113, section 8.7). `broken`: it may have done anything.
   */
  readonly kind: 'unsendable' | 'connect' | 'refused' | 'broken';
  /** Whether the connection had served other requests before: the server may just have closed it. */
  readonly reused: boolean;
  readonly message: string;
  readonly code: number;
}
