import type { Endpoint } from '../balance/endpoint.js';
import type { RequestError, RequestObserver } from '../metrics/observer.js';
import type { Route } from '../profile/profile.js';
import type { BodySource } from './body.js';
import { type Classification, classifyEnd, grpcStatus } from './classify.js';
import { type Fields, noFields } from './fields.js';
import type { CallFailure, ResponseHead } from './message.js';

/** Why the proxy, or the client, ended a request before its regular end. */
export interface Cut {
  readonly error: RequestError;
  /** RFC 9113, section 7. */
  readonly code: number;
}

interface SentOptions {
  readonly endpoint: Endpoint;
  /** Tells the observers that the request is being sent. */
  readonly observe: () => RequestObserver;
  readonly nowMs: () => number;
}

interface Ending {
  readonly head: ResponseHead;
  readonly route: Route | undefined;
  readonly trailers: Fields;
  /** Of the response's content. */
  readonly bytes: number;
  readonly reset: Cut | undefined;
}

/** The books of one attempt: what the endpoint's balance and the observers learn of it. */
export class SentRequest {
  requestBytes = 0;
  responseBytes = 0;
  readonly #options: SentOptions;
  readonly #startedAtMs: number;
  readonly #release: () => void;
  #respondedAtMs: number | undefined;
  #observed: RequestObserver | undefined;

  constructor(options: SentOptions) {
    this.#options = options;
    this.#startedAtMs = options.nowMs();
    this.#release = options.endpoint.begin();
  }

  countRequest = counting((bytes) => {
    this.requestBytes += bytes;
  });

  countResponse = counting((bytes) => {
    this.responseBytes += bytes;
  });

  /** It is on its way. */
  begin(): RequestObserver {
    this.#observed ??= this.#options.observe();
    return this.#observed;
  }

  /** `isUnsent`: by the endpoint's proxy, which couldn't reach the endpoint itself. */
  responded(head: ResponseHead, { isUnsent = false } = {}): void {
    const { endpoint, nowMs } = this.#options;
    this.#respondedAtMs = nowMs();
    const sinceRequestMs = this.#respondedAtMs - this.#startedAtMs;
    if (isUnsent) endpoint.unreachable(this.#respondedAtMs);
    else endpoint.answered(sinceRequestMs, this.#respondedAtMs);
    this.begin().responded(head, sinceRequestMs);
  }

  ended({ head, route, trailers, bytes, reset }: Ending): void {
    const now = this.#options.nowMs();
    this.#release();
    this.begin().ended({
      status: head.status,
      grpcStatus: grpcStatus(trailers) ?? grpcStatus(head.fields),
      classification: this.#classify(head, route, trailers, reset?.error),
      error: reset?.error,
      resetCode: reset?.code,
      trailers,
      requestBytes: this.requestBytes,
      responseBytes: bytes,
      sinceRequestMs: now - this.#startedAtMs,
      sinceResponseMs: this.#respondedAtMs === undefined ? undefined : now - this.#respondedAtMs,
    });
  }

  /**
   * No response came. One that never got a connection, and is sent elsewhere, was no request to this endpoint; the last
   * of them is, lest a service that can't be reached at all seem to do well.
   */
  failed(failure: CallFailure, { cut, isRepeated }: { cut: Cut | undefined; isRepeated: boolean }): void {
    const { endpoint, nowMs } = this.#options;
    const now = nowMs();
    const elapsedMs = now - this.#startedAtMs;
    this.#release();
    if (cut === undefined && failure.kind === 'connect') endpoint.unreachable(now);
    else if (cut?.error !== 'cancelled' && failure.kind !== 'unsendable') endpoint.failed(elapsedMs, now);
    const isForgotten = isRepeated || cut?.error === 'cancelled';
    if (this.#observed === undefined && isForgotten) return;
    this.begin().ended({
      status: undefined,
      grpcStatus: undefined,
      classification: cut?.error === 'cancelled' ? undefined : 'failure',
      error: cut?.error ?? (failure.kind === 'connect' ? 'connect' : 'reset'),
      resetCode: cut?.code ?? failure.code,
      trailers: noFields,
      requestBytes: this.requestBytes,
      responseBytes: 0,
      sinceRequestMs: elapsedMs,
      sinceResponseMs: undefined,
    });
  }

  #classify(
    head: ResponseHead,
    route: Route | undefined,
    trailers: Fields,
    error: RequestError | undefined,
  ): Classification {
    // A client that has seen enough says nothing about the server.
    if (error === undefined || error === 'cancelled') return classifyEnd(route, head, trailers);
    return 'failure';
  }
}

function counting(count: (bytes: number) => void) {
  return (source: BodySource): BodySource => ({
    start: (receiver) =>
      source.start({
        data: (chunk) => {
          count(chunk.length);
          return receiver.data(chunk);
        },
        end: (trailers) => receiver.end(trailers),
        fail: (code) => receiver.fail(code),
      }),
    resume: () => source.resume(),
    cancel: (code) => source.cancel(code),
  });
}
