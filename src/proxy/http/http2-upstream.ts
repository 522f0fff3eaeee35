import { constants, type IncomingHttpHeaders } from 'node:http2';
import type { Dial } from '../tcp/dial.js';
import { ReadableBody, transfer } from './body.js';
import { type Fields, noFields, trailerFields } from './fields.js';
import { fromRawHeaders, toHttp2Headers } from './http2-fields.js';
import { Http2Sink } from './http2-sink.js';
import { Http2Sessions, type OpenSession } from './http2-sessions.js';
import {
  type Call,
  type CallFailure,
  type CallResult,
  hasNoContent,
  type OutgoingRequest,
  resetCode,
  type Upstream,
} from './message.js';

/** Speaks HTTP/2 to one address, requests sharing connections. */
export function createHttp2Upstream(dial: Dial): Upstream {
  const sessions = new Http2Sessions(dial);
  return {
    send: (outgoing) => send(outgoing, sessions),
    drain: () => sessions.drain(),
  };
}

interface Settlement {
  readonly finish: (result: CallResult) => void;
  readonly fail: (failure: CallFailure) => void;
}

function send(outgoing: OutgoingRequest, sessions: Http2Sessions): Call {
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

  let isCancelled = false;
  let reset: (code: number) => void = () => {};
  const start = (open: OpenSession): void => {
    if (isCancelled) return;
    const reused = open.isUsed;
    try {
      reset = startStream(outgoing, open, { finish, fail });
    } catch (error) {
      const isSessionOver = open.session.closed || open.session.destroyed;
      const kind = isSessionOver ? 'connect' : 'unsendable';
      fail({ kind, reused, message: messageOf(error), code: resetCode.protocol });
    }
  };
  const { ready } = sessions;
  if (ready !== undefined) {
    start(ready);
  } else {
    sessions
      .next()
      .then(start, (error: unknown) =>
        fail({ kind: 'connect', reused: false, message: messageOf(error), code: resetCode.refused }),
      );
  }
  return {
    result,
    cancel(code) {
      isCancelled = true;
      reset(code);
      if (!isSettled) fail({ kind: 'broken', reused: false, message: 'cancelled', code });
    },
  };
}

/** Sends one request on a connection. Returns what gives it up. Throws where it can't even begin. */
function startStream(
  { head, body, onInterim, onConnected }: OutgoingRequest,
  open: OpenSession,
  { finish, fail }: Settlement,
): (code: number) => void {
  const reused = open.isUsed;
  const isConnect = head.method === 'CONNECT';
  const stream = open.session.request(
    {
      ...toHttp2Headers(head.fields),
      ':method': head.method,
      ':authority': head.authority,
      ...(!isConnect && { ':scheme': head.scheme, ':path': head.path }),
    },
    { endStream: body === undefined && !isConnect, waitForTrailers: body !== undefined },
  );
  const release = open.begin();
  onConnected();
  const reset = (code: number): void => {
    if (!stream.closed && !stream.destroyed) open.countReset();
    stream.close(code);
  };
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
          cancel: reset,
        });
    finish({ kind: 'response', head: answer, body: source });
  });
  let error: Error | undefined;
  stream.on('error', (cause: Error) => {
    error = cause;
  });
  stream.on('close', () => {
    release();
    const code = stream.rstCode;
    fail({
      kind: code === resetCode.refused ? 'refused' : 'broken',
      reused,
      message: code === resetCode.none ? wordsFor(error) : `reset by it with ${codeName(code)}`,
      code: code || resetCode.internal,
    });
  });
  if (body !== undefined) transfer(body, new Http2Sink(stream, reset), () => {});
  return reset;
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
