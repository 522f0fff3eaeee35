import { constants } from 'node:http2';
import { type Metadata, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import type { Logger } from '../runtime/log.js';
import { Framed } from './framed.js';
import type { Method } from './method.js';
import { codeName, type MethodMetrics } from './metrics.js';
import { type ResponseStream, responseStreamOf } from './response-stream.js';
import { type CallStatus, hasMeaning, internalError, sendableDetails, statusOf } from './status.js';
import { takeWholeMessages } from './whole-messages.js';

/** What the calls of one server have in common. */
export interface CallContext {
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Looks at a call before its handler is run; a status refuses it. */
  readonly refusal: (call: OpenCall, metadata: Metadata) => CallStatus | undefined;
  /** Called once, when a call is over in whatever way. */
  readonly onOver: (call: OpenCall) => void;
  /** Cuts a client's connection, and with it all its calls. */
  readonly disconnect: (peer: string) => void;
}

export interface ObservedMethod {
  readonly method: Method;
  readonly metrics: MethodMetrics;
}

/** The side of a call that its handler holds, as far as ending it goes. */
export interface CallSurface {
  readonly metadata: Metadata;
  emit(event: 'error', error: CallStatus): boolean;
  on(event: 'error' | 'close', listener: (error?: unknown) => void): unknown;
}

/** What grpc-js reports the client's side of a call to. */
type ServerListener = Parameters<ServerInterceptingCallInterface['start']>[0];

/** Takes the client's messages in place of the handler's side of a call. */
export interface Receiver {
  /** A message, as the method's definition reads it. What this throws ends the call. */
  message(message: unknown): void;
  /** The client has sent its last. */
  end(): void;
}

/** What `/debug` shows of a call. */
export interface OpenCallSummary {
  readonly method: string;
  readonly peer: string;
  readonly ageMs: number;
  readonly sentMessages: number;
  readonly stalledMs: number;
}

// grpc-js hands the same Metadata object to interceptor and handler, which ties the two sides of a call together.
const callsByMetadata = new WeakMap<Metadata, OpenCall>();

/** The open call behind the object that grpc-js gives to a handler. */
export function openCallOf({ metadata }: { readonly metadata: Metadata }): OpenCall {
  const call = callsByMetadata.get(metadata);
  if (call === undefined) throw new Error('grpc-js ran a handler for a call that no interceptor saw');
  return call;
}

/**
 * One call from its headers to its end.
 *
 * Every end goes through `#finish`, once: grpc-js reports that a call is over (`onCancel`) after its trailers are sent
 * just as after the client or the connection went away.
 */
export class OpenCall {
  /** `ip:port` of the client. */
  readonly peer: string;
  readonly #context: CallContext;
  readonly #observed: ObservedMethod;
  readonly #transport: ServerInterceptingCallInterface;
  readonly #stream: ResponseStream | undefined;
  readonly #startedMs: number;
  #surface: CallSurface | undefined;
  #isOver = false;
  #whenOver: (() => void) | undefined;
  #receiver: Receiver | undefined;
  /** The status to end with; takes precedence over what grpc-js makes of an error. */
  #verdict: CallStatus | undefined;
  #sentCode: number | undefined;
  #sentMessages = 0;
  #writeStartedMs: number | undefined;
  #resetMs: number | undefined;
  // A call has one write out at a time, so that one closure does for all: grpc-js, too, sends the next message when this
  // one's callback has been called.
  #taken: () => void = noCallback;
  readonly #onWritten = (error?: Error | null): void => {
    // Of a call that is over, which is told otherwise.
    if (error) return;
    this.#writeStartedMs = undefined;
    this.#taken();
  };

  /**
   * `transport` is what grpc-js hands to an interceptor. Its methods are replaced rather than wrapped, so that what
   * grpc-js does to the call on its own is seen as well: deadlines, messages that don't decode or are too large.
   */
  constructor(context: CallContext, observed: ObservedMethod, transport: ServerInterceptingCallInterface) {
    this.#context = context;
    this.#observed = observed;
    this.#transport = transport;
    this.#stream = responseStreamOf(transport);
    this.peer = transport.getPeer();
    this.#startedMs = context.now();
    observed.metrics.started();
    this.#interceptStart();
    this.#interceptMessages();
    this.#interceptStatus();
  }

  get method(): Method {
    return this.#observed.method;
  }

  /** The `:authority` that the client asked for. */
  get host(): string {
    return this.#transport.getHost();
  }

  /** How long the write that is out has waited for the client to take it; 0 while none is out. */
  stalledMs(nowMs: number): number {
    return this.#writeStartedMs === undefined ? 0 : nowMs - this.#writeStartedMs;
  }

  /** How long ago the call was reset; undefined if it wasn't. */
  resetForMs(nowMs: number): number | undefined {
    return this.#resetMs === undefined ? undefined : nowMs - this.#resetMs;
  }

  summary(nowMs: number): OpenCallSummary {
    return {
      method: this.method.path,
      peer: this.peer,
      ageMs: Math.round(nowMs - this.#startedMs),
      sentMessages: this.#sentMessages,
      stalledMs: Math.round(this.stalledMs(nowMs)),
    };
  }

  /** Ties the handler's side to this call. A stream of responses is ended through it, behind what was written to it. */
  attach(surface: CallSurface): void {
    if (this.method.type === 'unary') return;
    surface.on('error', (error) => {
      this.fail(error);
    });
    if (this.method.type === 'client_stream') return;
    this.#surface = surface;
    // A handler that destroys its side: grpc-js would tell the client nothing, and keep the stream.
    surface.on('close', () => {
      if (!this.#isOver) this.#transport.sendStatus(this.#verdict ?? internalError);
    });
  }

  /** Calls `listener` once the call is over in whatever way, which may be at once. There is one listener at most. */
  whenOver(listener: () => void): void {
    if (this.#isOver) listener();
    else this.#whenOver = listener;
  }

  /**
   * Sends `framed` past the handler's side of the call, whose queue costs as much as the rest of the write, and, from the
   * second on, past grpc-js's, which costs a tenth of it. For one sender that has a single write out at a time and leaves
   * the handler's side alone. `taken` is called when the transport has taken the last byte, which waits for the client's
   * flow-control window; never for a call that is over or ending, of which `whenOver` tells.
   */
  send(framed: Framed, taken: () => void): void {
    if (this.isEnding) return;
    const stream = this.#stream;
    if (stream === undefined || this.#sentMessages === 0 || stream.destroyed || stream.closed) {
      // grpc-js sends the headers, and notices of a stream that it is gone.
      this.#transport.sendMessage(framed, taken);
      return;
    }
    this.#sends(framed.messages, taken);
    stream.write(framed.buffer, this.#onWritten);
  }

  /**
   * Has the client's messages given to `receiver` past the handler's side of the call, whose queue costs a tenth of what
   * a small message and its answer do: one for each call of `next`, from which the client's flow-control window follows.
   */
  receive(receiver: Receiver): void {
    this.#receiver = receiver;
    takeWholeMessages(this.#transport);
  }

  /** Asks for the client's next message, for the receiver to have. */
  next(): void {
    if (!this.isEnding) this.#transport.startRead();
  }

  /** Ends the call with `end`, unless it ends already. A client that takes nothing does not get it: see `reset`. */
  end(end: CallStatus): void {
    if (this.isEnding) return;
    this.#verdict = end;
    if (this.#surface === undefined) this.#transport.sendStatus(end);
    else this.#surface.emit('error', end);
  }

  /** Ends the call for an error of its handler: with its status if it has one, else as INTERNAL and with a log line. */
  fail(error: unknown): void {
    const meant = statusOf(error);
    if (meant === undefined) {
      const level = this.isEnding && tellsOfTheEnd(error) ? 'debug' : 'error';
      this.#context.log[level]({ err: error, method: this.method.path, peer: this.peer }, 'handler failed');
    }
    this.end(meant ?? internalError);
  }

  /**
   * Ends the call with RST_STREAM(ENHANCE_YOUR_CALM), which a client sees as RESOURCE_EXHAUSTED. Nothing else frees a
   * stream whose client takes nothing: a status waits behind the data, and keepalive pings are answered all the same.
   * Cuts the connection where grpc-js doesn't show the stream.
   */
  reset(): void {
    this.#resetMs = this.#context.now();
    if (this.#stream === undefined) this.disconnect();
    else this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Cuts the connection of the call's client. The client sees UNAVAILABLE, on all its calls. */
  disconnect(): void {
    this.#context.disconnect(this.peer);
  }

  /** Whether its end is decided; what the client sends now concerns nobody. */
  get isEnding(): boolean {
    return this.#isOver || this.#verdict !== undefined || this.#sentCode !== undefined;
  }

  /** The client's headers have come: whether the handler is to run. */
  admit(metadata: Metadata): boolean {
    const refused = this.#context.refusal(this, metadata);
    if (refused !== undefined) {
      this.end(refused);
      return false;
    }
    callsByMetadata.set(metadata, this);
    return true;
  }

  /** A message of the client's has come; `listener` is the handler's side, which has none of a call that was refused. */
  received(message: unknown, listener: ServerListener): void {
    this.#observed.metrics.received();
    if (this.isEnding) return;
    if (this.#receiver === undefined) {
      listener.onReceiveMessage(message);
      return;
    }
    try {
      this.#receiver.message(message);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The client has sent its last message. */
  halfClosed(listener: ServerListener): void {
    if (this.isEnding) return;
    if (this.#receiver === undefined) listener.onReceiveHalfClose();
    else this.#receiver.end();
  }

  #interceptStart(): void {
    const start = this.#transport.start.bind(this.#transport);
    this.#transport.start = (listener) => {
      const gate = new Gate(this, listener, () => this.#finish());
      start(gate);
      // A client that is gone by then: grpc-js drops the listener without a word.
      if (!gate.isSeen) this.#finish();
    };
  }

  #interceptMessages(): void {
    const sendMessage = this.#transport.sendMessage.bind(this.#transport);
    this.#transport.sendMessage = (message: unknown, callback) => {
      // After the status grpc-js would write on, and the failed write would take the status with it.
      if (this.#sentCode !== undefined) return;
      this.#sends(message instanceof Framed ? message.messages : 1, callback);
      sendMessage(message, this.#onWritten);
    };
  }

  #sends(messages: number, taken: () => void): void {
    this.#sentMessages += messages;
    this.#observed.metrics.sent(messages);
    this.#writeStartedMs = this.#context.now();
    this.#taken = taken;
  }

  #interceptStatus(): void {
    const sendStatus = this.#transport.sendStatus.bind(this.#transport);
    this.#transport.sendStatus = (proposed) => {
      // grpc-js takes a second status for the end of the call, though the first still waits behind data.
      if (this.#sentCode !== undefined) return;
      const { code, details } = this.#verdict ?? this.#judge(proposed);
      this.#sentCode = code;
      sendStatus({ code, details: sendableDetails(details), metadata: proposed.metadata ?? null });
    };
  }

  #judge(proposed: CallStatus): CallStatus {
    return proposed.code === okCode || hasMeaning(proposed.code) ? proposed : internalError;
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { log, now, onOver } = this.#context;
    const code =
      this.#resetMs === undefined ? (this.#sentCode ?? status.CANCELLED) : status.RESOURCE_EXHAUSTED;
    const durationMs = now() - this.#startedMs;
    this.#observed.metrics.handled(code, durationMs / 1_000);
    if (log.isLevelEnabled('debug')) {
      log.debug({ method: this.method.path, peer: this.peer, code: codeName(code), durationMs }, 'call over');
    }
    onOver(this);
    this.#whenOver?.();
  }
}

/** Stands between grpc-js and the handler of a call, and lets through what concerns the handler. */
class Gate implements ServerListener {
  /** Whether the call has begun at all. */
  isSeen = false;
  #isAdmitted = false;
  readonly #call: OpenCall;
  readonly #listener: ServerListener;
  readonly #finish: () => void;

  constructor(call: OpenCall, listener: ServerListener, finish: () => void) {
    this.#call = call;
    this.#listener = listener;
    this.#finish = finish;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.isSeen = true;
    this.#isAdmitted = this.#call.admit(metadata);
    if (this.#isAdmitted) this.#listener.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#call.received(message, this.#listener);
  }

  onReceiveHalfClose(): void {
    this.#call.halfClosed(this.#listener);
  }

  onCancel(): void {
    this.#finish();
    if (this.#isAdmitted) this.#listener.onCancel();
  }
}

/** Whether `error` is how Node tells code that awaits a stream that the stream is gone. */
function tellsOfTheEnd(error: unknown): boolean {
  return error instanceof Error && 'code' in error && endOfStreamCodes.has(error.code);
}

const endOfStreamCodes: ReadonlySet<unknown> = new Set([
  'ABORT_ERR',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
]);

const okCode: number = status.OK;

function noCallback(): void {}
