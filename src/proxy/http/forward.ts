import type { Endpoint } from '../balance/endpoint.js';
import type { Direction, Observer } from '../metrics/observer.js';
import type { Route } from '../profile/profile.js';
import type { RetryBudget } from '../profile/retry-budget.js';
import { tunnel } from '../tcp/tunnel.js';
import { startTimer, type Timer } from '../timer.js';
import { type Transferred, transfer } from './body.js';
import { classifyHead } from './classify.js';
import { fieldValue, noFields } from './fields.js';
import type { TunnelExchange } from './protocol-server.js';
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
import { isUnsent, type Refusal, type RefusalReason, refuse } from './refusal.js';
import { ReplayableBody } from './replayable-body.js';
import { type Cut, SentRequest } from './sent-request.js';

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

const noLabels: ReadonlyMap<string, string> = new Map();

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
  /** Whether an attempt broke off that a server may have made something of. */
  #hasBroken = false;
  #call: Call | undefined;
  /** Set once the client has, or wants, no answer from here: what still comes is not for it. */
  #isOver = false;
  /** Why the running attempt was cut short. */
  #cut: Cut | undefined;
  #timer: Timer | undefined;

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
      observe: () =>
        observer.request({
          direction,
          target: endpoint.target,
          client: this.#exchange.client,
          head: this.#request,
          routeLabels: this.#plan.route?.labels ?? noLabels,
        }),
    });
    const { upstream, head, isCarried } = chooseProtocol(this.#request, endpoint);
    this.#call = upstream.send({
      head,
      body: this.#body && sent.countRequest(this.#body.attempt()),
      onInterim: (interim) => {
        if (!this.#isOver) this.#exchange.inform(interim);
      },
      onConnected: () => sent.begin(),
    });
    const result = await this.#call.result;
    this.#call = undefined;
    switch (result.kind) {
      case 'failed': {
        const verdict = this.#judgeFailure(result.failure, endpoint);
        sent.failed(result.failure, { cut: this.#cut, isRepeated: verdict.kind === 'retry' });
        return verdict;
      }
      case 'response':
        return this.#respond(result, sent, isCarried);
      case 'tunnel':
        return this.#openTunnel(result, sent);
    }
  }

  #judgeFailure(failure: CallFailure, endpoint: Endpoint): Verdict {
    const message =
      failure.kind === 'connect' ? failure.message : `${endpoint.target.address}: ${failure.message}`;
    this.#hasBroken ||= failure.kind === 'broken';
    if (this.#mayRepeat(failure.kind)) return { kind: 'retry' };
    return { kind: 'refuse', refusal: { reason: this.#reasonFor(failure), message } };
  }

  #reasonFor({ kind }: CallFailure): RefusalReason {
    if (kind === 'unsendable') return 'malformed';
    return this.#hasBroken ? 'broken' : 'unreachable';
  }

  /** Whether the request may be sent again although it isn't known to be retryable: nothing can have come of it. */
  #mayRepeat(kind: CallFailure['kind']): boolean {
    if (this.#attempts >= maxAttempts || this.#body?.isReplayable === false) return false;
    switch (kind) {
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
    // Behind an inbound proxy there is but the one application.
    const wasUnsent = this.#options.direction === 'outbound' && isUnsent(head);
    sent.responded(head, { isUnsent: wasUnsent });
    const mayRepeat = wasUnsent && this.#mayRepeat('connect');
    if (mayRepeat || (classifyHead(route, head) === 'failure' && this.#mayRetry())) {
      body?.cancel(resetCode.cancel);
      sent.ended({ head, route, trailers: noFields, bytes: 0, reset: undefined });
      return { kind: 'retry' };
    }
    this.#timer?.cancel();
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
    this.#timer?.cancel();
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
        refusal: { reason: 'broken', message: 'the server changed the protocol without being asked to' },
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
    this.#timer = startTimer(timeoutMs, () => {
      this.#end({ error: 'timeout', code: resetCode.cancel });
      const message = `no answer within the route's timeout of ${timeoutMs} ms`;
      this.#answer({ reason: 'timeout', message });
    });
  }

  /** Gives up before there is a response. */
  #end(cut: Cut): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cut = cut;
    this.#timer?.cancel();
    this.#call?.cancel(cut.code);
    this.#body?.cancel(cut.code);
  }

  #refuse(refusal: Refusal): void {
    this.#isOver = true;
    this.#timer?.cancel();
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
