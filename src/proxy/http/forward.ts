import type { Endpoint } from '../balance/endpoint.js';
import type { Direction, Observer, RequestError, RequestObserver } from '../metrics/observer.js';
import type { Route } from '../profile/profile.js';
import type { RetryBudget } from '../profile/retry-budget.js';
import { tunnel } from '../tcp/tunnel.js';
import { type BodySource, type Transferred, transfer } from './body.js';
import { type Classification, classifyEnd, classifyHead, grpcStatus } from './classify.js';
import { type Fields, fieldValue, noFields } from './fields.js';
import type { TunnelExchange } from './http1-server.js';
import {
  type Call,
  type CallFailure,
  type CallResult,
  type Exchange,
  type RequestHead,
  resetCode,
  type ResponseHead,
} from './message.js';
import { carry, uncarryAnswer } from './original-protocol.js';
import { type Refusal, refuse } from './refusal.js';
import { ReplayableBody } from './replayable-body.js';

/** Where one request may go. */
export interface RequestPlan {
  /** The endpoint of the next attempt, or why there is none. */
  readonly pick: (tried: ReadonlySet<Endpoint>) => Picked | Promise<Picked>;
  readonly route: Route | undefined;
  readonly retryBudget: RetryBudget | undefined;
  /** The answer as the client is to see it. */
  readonly answer: (head: ResponseHead) => ResponseHead;
}

export type Picked =
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint }
  | { readonly kind: 'none'; readonly refusal: Refusal };

export interface ForwardOptions {
  readonly direction: Direction;
  /** What the proxy calls itself where it answers in place of a server. */
  readonly proxyName: string;
  readonly observer: Observer;
  readonly nowMs: () => number;
  /** Told of a bug; the request ends with 500. */
  readonly onBug: (error: unknown) => void;
}

/** A request's content is kept up to this size for another attempt: linkerd2-proxy's figure. */
const maxReplayBytes = 65_536;

/**
 * How often one request is sent at most, whatever the reason. The budget bounds retries of all requests; this bounds
 * those of one, which would otherwise spend the whole reserve on a request that always fails.
 */
const maxAttempts = 4;

/** RFC 9110, section 9.2.2. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Sends a request on its way and sees it to its end. */
export function forward(
  exchange: Exchange | TunnelExchange,
  request: RequestHead,
  plan: RequestPlan,
  options: ForwardOptions,
): void {
  new Forwarding(exchange, request, plan, options).run().catch((error: unknown) => {
    options.onBug(error);
    exchange.abort(resetCode.internal);
  });
}

/** How a response, or the lack of one, leaves the request. */
type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

class Forwarding {
  readonly #exchange: Exchange | TunnelExchange;
  readonly #request: RequestHead;
  readonly #plan: RequestPlan;
  readonly #options: ForwardOptions;
  readonly #body: ReplayableBody | undefined;
  readonly #tried = new Set<Endpoint>();
  #attempts = 0;
  #call: Call | undefined;
  /** Set once the client has, or wants, no answer from here: what still comes is not for it. */
  #isOver = false;
  /** Why the running attempt was cut short. */
  #cut: { readonly error: RequestError; readonly code: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    exchange: Exchange | TunnelExchange,
    request: RequestHead,
    plan: RequestPlan,
    options: ForwardOptions,
  ) {
    this.#exchange = exchange;
    this.#request = request;
    this.#plan = plan;
    this.#options = options;
    this.#body = exchange.body && new ReplayableBody(exchange.body, { maxBytes: maxReplayBytes });
    exchange.onAbandoned = (code) => this.#end({ error: 'cancelled', code });
  }

  async run(): Promise<void> {
    const { route, retryBudget, pick } = this.#plan;
    if (route?.timeoutMs !== undefined) this.#startTimer(route.timeoutMs);
    if (route?.isRetryable === true) retryBudget?.deposit(this.#options.nowMs());
    for (;;) {
      const picked = await pick(this.#tried);
      if (this.#isOver) return;
      if (picked.kind === 'none') {
        this.#refuse(picked.refusal);
        return;
      }
      this.#attempts += 1;
      this.#tried.add(picked.endpoint);
      const verdict = await this.#attempt(picked.endpoint);
      if (this.#isOver || verdict.kind === 'done') return;
      if (verdict.kind === 'refuse') {
        this.#refuse(verdict.refusal);
        return;
      }
    }
  }

  async #attempt(endpoint: Endpoint): Promise<Verdict> {
    const { direction, observer, nowMs } = this.#options;
    const sent = new SentRequest({
      endpoint,
      nowMs,
      observed: observer.request({
        direction,
        target: endpoint.target,
        client: this.#exchange.client,
        head: this.#request,
        routeLabels: this.#plan.route?.labels ?? new Map<string, string>(),
      }),
    });
    const { upstream, head, isCarried } = chooseProtocol(this.#request, endpoint);
    this.#call = upstream.send({
      head,
      body: this.#body && sent.countRequest(this.#body.attempt()),
      onInterim: (interim) => {
        if (!this.#isOver) this.#exchange.inform(interim);
      },
    });
    const result = await this.#call.result;
    this.#call = undefined;
    switch (result.kind) {
      case 'failed':
        sent.failed(result.failure, this.#cut);
        return this.#judgeFailure(result.failure, endpoint);
      case 'response':
        return this.#respond(result, sent, isCarried);
      case 'tunnel':
        return this.#openTunnel(result, sent);
    }
  }

  #judgeFailure(failure: CallFailure, endpoint: Endpoint): Verdict {
    const message =
      failure.kind === 'connect' ? failure.message : `${endpoint.target.address}: ${failure.message}`;
    if (this.#mayRepeat(failure)) return { kind: 'retry' };
    const reason = failure.kind === 'unsendable' ? 'malformed' : 'unreachable';
    return { kind: 'refuse', refusal: { reason, message } };
  }

  /** Whether the request may be sent again although it isn't known to be retryable: nothing can have come of it. */
  #mayRepeat(failure: CallFailure): boolean {
    if (this.#attempts >= maxAttempts || this.#body?.isReplayable === false) return false;
    switch (failure.kind) {
      case 'unsendable':
        return false;
      case 'connect':
      case 'refused':
        return true;
      case 'broken':
        return (this.#isIdempotent() && this.#attempts === 1) || this.#mayRetry();
    }
  }

  #isIdempotent(): boolean {
    return idempotentMethods.has(this.#request.method) && this.#body?.isStarted !== true;
  }

  /** Whether the route lets a failed request be sent again, and there is budget for it, which is then spent. */
  #mayRetry(): boolean {
    const { route, retryBudget } = this.#plan;
    if (route?.isRetryable !== true || this.#attempts >= maxAttempts) return false;
    if (this.#body?.isReplayable === false || this.#request.upgrade !== undefined) return false;
    return retryBudget?.withdraw(this.#options.nowMs()) === true;
  }

  #respond(
    { head, body }: Extract<CallResult, { kind: 'response' }>,
    sent: SentRequest,
    isCarried: boolean,
  ): Verdict {
    const { route } = this.#plan;
    sent.responded(head);
    if (classifyHead(route, head) === 'failure' && this.#mayRetry()) {
      body?.cancel(resetCode.cancel);
      sent.ended({ head, route, trailers: noFields, bytes: 0, reset: undefined });
      return { kind: 'retry' };
    }
    clearTimeout(this.#timer);
    this.#body?.commit();
    const answer = this.#plan.answer(isCarried ? uncarryAnswer(head) : head);
    const sink = this.#exchange.respond(answer, {
      hasBody: body !== undefined,
      // The other proxy says that its server does better on a connection of its own (see refusal.ts).
      close: fieldValue(head.fields, 'l5d-proxy-connection') === 'close',
    });
    const finish = ({ bytes, end }: Transferred): void => {
      this.#isOver = true;
      const trailers = end.kind === 'complete' ? end.trailers : noFields;
      const reset = end.kind === 'complete' ? undefined : (this.#cut ?? { error: 'reset', code: end.code });
      sent.ended({ head, route, trailers, bytes, reset });
      // A server may answer before it has all of a request; the rest still goes to it.
      if (reset !== undefined) this.#body?.cancel(reset.code);
    };
    if (body === undefined) {
      finish({ bytes: 0, end: { kind: 'complete', trailers: noFields } });
      return { kind: 'done' };
    }
    this.#exchange.onAbandoned = (code) => {
      if (this.#isOver) return;
      this.#cut = { error: 'cancelled', code };
      body.cancel(code);
      finish({ bytes: sent.responseBytes, end: { kind: 'failed', code } });
    };
    transfer(sent.countResponse(body), sink, finish);
    return { kind: 'done' };
  }

  #openTunnel({ head, stream }: Extract<CallResult, { kind: 'tunnel' }>, sent: SentRequest): Verdict {
    const { route } = this.#plan;
    const exchange = this.#exchange;
    sent.responded(head);
    clearTimeout(this.#timer);
    if (!('accept' in exchange)) {
      stream.destroy();
      sent.ended({
        head,
        route,
        trailers: noFields,
        bytes: 0,
        reset: { error: 'reset', code: resetCode.protocol },
      });
      return {
        kind: 'refuse',
        refusal: { reason: 'unreachable', message: 'the server changed the protocol without being asked to' },
      };
    }
    this.#isOver = true;
    tunnel(exchange.accept(head), stream, ({ forth, back, isBroken }) => {
      sent.requestBytes = forth;
      const reset = isBroken ? ({ error: 'reset', code: resetCode.cancel } as const) : undefined;
      sent.ended({ head, route, trailers: noFields, bytes: back, reset });
    });
    return { kind: 'done' };
  }

  #startTimer(timeoutMs: number): void {
    this.#timer = setTimeout(() => {
      this.#end({ error: 'timeout', code: resetCode.cancel });
      const message = `no answer within the route's timeout of ${timeoutMs} ms`;
      this.#answer({ reason: 'timeout', message });
    }, timeoutMs);
  }

  /** Gives up before there is a response. */
  #end(cut: { readonly error: RequestError; readonly code: number }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cut = cut;
    clearTimeout(this.#timer);
    this.#call?.cancel(cut.code);
    this.#body?.cancel(cut.code);
  }

  #refuse(refusal: Refusal): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#body?.cancel(resetCode.none);
    this.#answer(refusal);
  }

  #answer(refusal: Refusal): void {
    const { direction, observer, proxyName } = this.#options;
    observer.refused({ direction, protocol: 'http', reason: refusal.reason });
    this.#exchange.onAbandoned = () => {};
    refuse(this.#exchange, refusal, proxyName);
  }
}

function chooseProtocol(request: RequestHead, endpoint: Endpoint) {
  const { http1, http2 } = endpoint.connections;
  const { authorityOverride, protocol } = endpoint.told;
  const head = authorityOverride === undefined ? request : { ...request, authority: authorityOverride };
  if (request.version === '2') return { upstream: http2, head, isCarried: false };
  const isTunnel = request.upgrade !== undefined || request.method === 'CONNECT';
  if (protocol !== 'h2' || isTunnel) return { upstream: http1, head, isCarried: false };
  return { upstream: http2, head: carry(head), isCarried: true };
}

interface SentOptions {
  readonly endpoint: Endpoint;
  readonly observed: RequestObserver;
  readonly nowMs: () => number;
}

interface Ending {
  readonly head: ResponseHead;
  readonly route: Route | undefined;
  readonly trailers: Fields;
  /** Of the response's content. */
  readonly bytes: number;
  readonly reset: { readonly error: RequestError; readonly code: number } | undefined;
}

/** The books of one attempt: what the endpoint's balance and the observers learn of it. */
class SentRequest {
  requestBytes = 0;
  responseBytes = 0;
  readonly #options: SentOptions;
  readonly #startedAtMs: number;
  readonly #release: () => void;
  #respondedAtMs: number | undefined;

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

  responded(head: ResponseHead): void {
    const { endpoint, observed, nowMs } = this.#options;
    this.#respondedAtMs = nowMs();
    const sinceRequestMs = this.#respondedAtMs - this.#startedAtMs;
    endpoint.answered(sinceRequestMs, this.#respondedAtMs);
    observed.responded(head, sinceRequestMs);
  }

  ended({ head, route, trailers, bytes, reset }: Ending): void {
    const { observed, nowMs } = this.#options;
    const now = nowMs();
    this.#release();
    observed.ended({
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

  /** No response came. */
  failed(
    failure: CallFailure,
    cut: { readonly error: RequestError; readonly code: number } | undefined,
  ): void {
    const { endpoint, observed, nowMs } = this.#options;
    const now = nowMs();
    const elapsedMs = now - this.#startedAtMs;
    this.#release();
    if (cut === undefined && failure.kind === 'connect') endpoint.unreachable(now);
    else if (cut?.error !== 'cancelled' && failure.kind !== 'unsendable') endpoint.failed(elapsedMs, now);
    observed.ended({
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
