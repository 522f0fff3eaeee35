import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { type BodySink, type BodySource, ReadableBody } from './body.js';
import { fieldValue, type Fields, noFields, trailerFields, withoutFields } from './fields.js';
import { fromRawHeaders, toHttp2Headers } from './http2-fields.js';
import { http2Limits, http2Settings } from './http2-limits.js';
import { Http2Sink } from './http2-sink.js';
import {
  hasNoContent,
  type Peer,
  type RequestHead,
  resetCode,
  type RespondOptions,
  type ResponseHead,
} from './message.js';
import type { HttpHandler, ProtocolServer, TunnelExchange } from './protocol-server.js';

/** As many as the protocol can count: what bounds requests is the application behind. */
const maxConcurrentStreams = 0xffff_ffff;

/** Speaks HTTP/2 on sockets that it is given, whose first bytes are the connection preface. */
export function createHttp2Server(handler: HttpHandler): ProtocolServer {
  const sessions = new Set<ServerHttp2Session>();
  let isDraining = false;
  const server = createServer({ ...http2Limits, settings: { ...http2Settings, maxConcurrentStreams } });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    if (isDraining) session.close();
  });
  // Their session has ended with the error, and closes by itself.
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers, flags, raw: readonly string[] = noFields) => {
    const request = readHead(headers, fromRawHeaders(raw));
    const hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    const exchange = new Http2Exchange(request, stream, hasBody);
    if (request.method === 'CONNECT') handler.tunnel(exchange);
    else handler.request(exchange);
  });
  return {
    accept(socket) {
      server.emit('connection', socket);
    },
    drain() {
      isDraining = true;
      for (const session of sessions) session.close();
    },
  };
}

function readHead(headers: IncomingHttpHeaders, fields: Fields): RequestHead {
  return {
    version: '2',
    method: headers[':method'] ?? 'GET',
    scheme: headers[':scheme'] ?? 'http',
    authority: headers[':authority'] ?? fieldValue(fields, 'host') ?? '',
    path: headers[':path'] ?? '',
    fields: withoutFields(fields, 'host'),
    upgrade: undefined,
  };
}

class Http2Exchange implements TunnelExchange {
  readonly request: RequestHead;
  readonly body: BodySource | undefined;
  readonly client: Peer;
  onAbandoned: (code: number) => void = () => {};
  readonly #stream: ServerHttp2Stream;

  constructor(request: RequestHead, stream: ServerHttp2Stream, hasBody: boolean) {
    this.request = request;
    this.#stream = stream;
    const { remoteAddress = '', remotePort = 0 } = stream.session?.socket ?? {};
    this.client = { ip: remoteAddress, port: remotePort };
    stream.on('error', () => {});
    stream.on('close', () => {
      if (!stream.writableFinished || stream.aborted) this.onAbandoned(stream.rstCode || resetCode.cancel);
    });
    this.body = hasBody && request.method !== 'CONNECT' ? readBody(stream) : undefined;
    if (!hasBody) stream.resume();
  }

  inform(head: ResponseHead): void {
    if (!isOpen(this.#stream) || this.#stream.headersSent) return;
    this.#stream.additionalHeaders({ ...toHttp2Headers(head.fields), ':status': head.status });
  }

  respond({ status, fields }: ResponseHead, { hasBody }: RespondOptions): BodySink {
    const stream = this.#stream;
    const sink = new Http2Sink(stream, (code) => stream.close(code));
    if (!isOpen(stream)) return sink;
    const isEmpty = !hasBody || hasNoContent(this.request.method, status);
    const options = { endStream: isEmpty, waitForTrailers: !isEmpty, sendDate: false };
    stream.respond({ ...toHttp2Headers(fields), ':status': status }, options);
    return sink;
  }

  accept(head: ResponseHead | undefined): Duplex {
    this.respond(head ?? { status: 200, reason: '', fields: noFields }, { hasBody: true });
    this.onAbandoned = () => {};
    return this.#stream;
  }

  abort(code: number): void {
    this.#stream.close(code);
  }
}

function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed;
}

function readBody(stream: ServerHttp2Stream): BodySource {
  let trailers: Fields = noFields;
  stream.on('trailers', (_headers, _flags, raw: readonly string[] = noFields) => {
    trailers = trailerFields(raw);
  });
  return new ReadableBody({
    stream,
    trailers: () => trailers,
    isComplete: () => !stream.aborted && stream.rstCode === resetCode.none,
    failureCode: () => stream.rstCode || resetCode.cancel,
    cancel: () => {
      stream.resume();
      // RFC 9113, section 8.1: behind a complete answer a server may ask for the rest not to be sent.
      const stop = (): void => {
        if (!stream.readableEnded) stream.close(resetCode.none);
      };
      if (stream.writableFinished) stop();
      else stream.once('finish', stop);
    },
  });
}
