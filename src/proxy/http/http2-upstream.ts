import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Dial } from '../tcp/dial.js';
import { ReadableBody, transfer } from './body.js';
import { type Fields, noFields, trailerFields } from './fields.js';
import { fromRawHeaders, toHttp2Headers } from './http2-fields.js';
import { Http2Sink, http2Limits, http2Settings } from './http2-server.js';
import {
  type Call,
  type CallFailure,
  type CallResult,
  hasNoContent,
  type OutgoingRequest,
  resetCode,
  type Upstream,
} from './message.js';

/** Speaks HTTP/2 to one address, all requests on one connection. */
export function createHttp2Upstream(dial: Dial): Upstream {
  const sessions = new SessionSource(dial);
  return {
    send: (outgoing) => send(outgoing, sessions),
    drain: () => sessions.drain(),
  };
}

/** The connection that takes the next request: made on demand, and anew when the server lets no further one in. */
class SessionSource {
  readonly #dial: Dial;
  #current: Promise<ClientHttp2Session> | undefined;
  #open: ClientHttp2Session | undefined;
  #isDraining = false;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  /** The connection that is there, where there is one that takes requests. */
  get ready(): ClientHttp2Session | undefined {
    const session = this.#open;
    return session === undefined || session.closed || session.destroyed ? undefined : session;
  }

  /** Rejects where none can be made. */
  next(): Promise<ClientHttp2Session> {
    this.#current ??= this.#connect();
    return this.#current;
  }

  drain(): void {
    this.#isDraining = true;
    this.#open?.close();
  }

  async #connect(): Promise<ClientHttp2Session> {
    try {
      const socket = await this.#dial();
      // The authority is said by each request; the one here is never sent.
      const session = connect('http://upstream', {
        ...http2Limits,
        settings: http2Settings,
        // Until the server says how many it takes; what is too much comes back refused, and is sent again.
        peerMaxConcurrentStreams: 0xffff_ffff,
        createConnection: () => socket,
      });
      session.on('error', () => session.destroy());
      session.on('goaway', () => this.#forget(session));
      session.on('close', () => this.#forget(session));
      this.#open = session;
      if (this.#isDraining) queueMicrotask(() => session.close());
      return session;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  #forget(session: ClientHttp2Session): void {
    if (this.#open !== session) return;
    this.#current = undefined;
    this.#open = undefined;
  }
}

function send(outgoing: OutgoingRequest, sessions: SessionSource): Call {
  const { body } = outgoing;
  let settle: (result: CallResult) => void = () => {};
  const result = new Promise<CallResult>((resolve) => {
    settle = resolve;
  });
  let isSettled = false;
  const finish = (value: CallResult): void => {
    if (isSettled) return;
    isSettled = true;
    settle(value);
  };
  const fail = (failure: CallFailure): void => {
    body?.cancel(failure.code);
    finish({ kind: 'failed', failure });
  };

  let cancelCode: number | undefined;
  let stream: ClientHttp2Stream | undefined;
  const start = (session: ClientHttp2Session, reused: boolean): void => {
    if (cancelCode !== undefined) return;
    try {
      stream = open(outgoing, session, reused, { finish, fail });
    } catch (error) {
      fail({ kind: 'connect', reused, message: messageOf(error), code: resetCode.protocol });
    }
  };
  const { ready } = sessions;
  if (ready !== undefined) {
    start(ready, true);
  } else {
    sessions.next().then(
      (session) => start(session, false),
      (error: unknown) =>
        fail({ kind: 'connect', reused: false, message: messageOf(error), code: resetCode.refused }),
    );
  }
  return {
    result,
    cancel(code) {
      cancelCode = code;
      stream?.close(code);
      if (!isSettled) fail({ kind: 'broken', reused: false, message: 'cancelled', code });
    },
  };
}

function open(
  { head, body, onInterim }: OutgoingRequest,
  session: ClientHttp2Session,
  reused: boolean,
  { finish, fail }: { finish: (result: CallResult) => void; fail: (failure: CallFailure) => void },
): ClientHttp2Stream {
  const isConnect = head.method === 'CONNECT';
  const stream = session.request(
    {
      ...toHttp2Headers(head.fields),
      ':method': head.method,
      ':authority': head.authority,
      ...(!isConnect && { ':scheme': head.scheme, ':path': head.path }),
    },
    { endStream: body === undefined && !isConnect, waitForTrailers: body !== undefined },
  );
  const sink = new Http2Sink(stream);
  stream.on('headers', (headers: IncomingHttpHeaders, _flags: number, raw: readonly string[] = noFields) => {
    onInterim({ status: Number(headers[':status'] ?? 0), reason: '', fields: fromRawHeaders(raw) });
  });
  let trailers: Fields = noFields;
  stream.on('trailers', (_headers, _flags, raw: readonly string[] = noFields) => {
    trailers = trailerFields(raw);
  });
  stream.on('response', (headers, flags, raw: readonly string[] = noFields) => {
    const status = headers[':status'] ?? 0;
    const answer = { status, reason: '', fields: fromRawHeaders(raw) };
    if (isConnect && status >= 200 && status < 300) {
      finish({ kind: 'tunnel', head: answer, stream });
      return;
    }
    const isEmpty = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0 || hasNoContent(head.method, status);
    if (isEmpty) stream.resume();
    const source = isEmpty
      ? undefined
      : new ReadableBody({
          stream,
          trailers: () => trailers,
          isComplete: () => stream.rstCode === resetCode.none && !stream.destroyed,
          failureCode: () => stream.rstCode || resetCode.internal,
          cancel: (code) => stream.close(code),
        });
    finish({ kind: 'response', head: answer, body: source });
  });
  let error: Error | undefined;
  stream.on('error', (cause: Error) => {
    error = cause;
  });
  stream.on('close', () => {
    const code = stream.rstCode;
    // Node gives no code to streams that a GOAWAY or the end of the connection took.
    fail({
      kind: code === resetCode.refused ? 'refused' : 'broken',
      reused,
      message: code === resetCode.none ? wordsFor(error) : `reset by it with ${codeName(code)}`,
      code: code || resetCode.internal,
    });
  });
  if (body !== undefined) transfer(body, sink, () => {});
  return stream;
}

function wordsFor(error: Error | undefined): string {
  return error === undefined
    ? 'the connection ended without an answer'
    : `the connection broke: ${error.message}`;
}

/** `REFUSED_STREAM`, as RFC 9113 names it. */
function codeName(code: number): string {
  const prefix = 'NGHTTP2_';
  const names = Object.entries(constants).filter(([name]) => resetNames.has(name));
  return names.find(([, value]) => value === code)?.[0].slice(prefix.length) ?? String(code);
}

const resetNames = new Set([
  'NGHTTP2_NO_ERROR',
  'NGHTTP2_PROTOCOL_ERROR',
  'NGHTTP2_INTERNAL_ERROR',
  'NGHTTP2_FLOW_CONTROL_ERROR',
  'NGHTTP2_SETTINGS_TIMEOUT',
  'NGHTTP2_STREAM_CLOSED',
  'NGHTTP2_FRAME_SIZE_ERROR',
  'NGHTTP2_REFUSED_STREAM',
  'NGHTTP2_CANCEL',
  'NGHTTP2_COMPRESSION_ERROR',
  'NGHTTP2_CONNECT_ERROR',
  'NGHTTP2_ENHANCE_YOUR_CALM',
  'NGHTTP2_INADEQUATE_SECURITY',
  'NGHTTP2_HTTP_1_1_REQUIRED',
]);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
