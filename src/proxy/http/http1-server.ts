import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type BodySink, type BodySource, ReadableBody } from './body.js';
import {
  endToEnd,
  fieldValue,
  hasField,
  listMembers,
  noFields,
  trailerFields,
  withoutFields,
} from './fields.js';
import { flushSoon, Http1Sink } from './http1-sink.js';
import {
  type Exchange,
  hasNoContent,
  type Peer,
  type RequestHead,
  resetCode,
  type RespondOptions,
  type ResponseHead,
} from './message.js';
import {
  type HttpHandler,
  maxHeaderBytes,
  type ProtocolServer,
  type TunnelExchange,
} from './protocol-server.js';
import { parseTarget } from './target.js';

export function createHttp1Server(handler: HttpHandler): ProtocolServer {
  const busy = new Map<Socket, number>();
  let isDraining = false;
  const server: Server = createServer({
    maxHeaderSize: maxHeaderBytes,
    // An upload may take its time, and a client's connection is its own to keep.
    requestTimeout: 0,
    keepAliveTimeout: 0,
    headersTimeout: 60_000,
    noDelay: true,
  });

  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    const { socket } = message;
    response.sendDate = false;
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.on('close', () => {
      const left = (busy.get(socket) ?? 1) - 1;
      if (busy.has(socket)) busy.set(socket, left);
      if (isDraining && left === 0) socket.end();
    });
    const request = readHead(message);
    if (request === undefined) {
      refuseUnreadable(response);
      return;
    }
    handler.request(new Http1Exchange(request, message, response, () => isDraining));
  };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);

  const onTunnel = (message: IncomingMessage, stream: Duplex, rest: Buffer): void => {
    const { socket } = message;
    // From here on the socket is no longer Node's to guard.
    stream.on('error', () => stream.destroy());
    if (rest.length > 0) stream.unshift(rest);
    const response = new ServerResponse(message);
    response.sendDate = false;
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.end());
    const request = readHead(message);
    if (request === undefined) {
      refuseUnreadable(response);
    } else if (request.upgrade === 'h2c') {
      // RFC 9113 has dropped this way to HTTP/2, and a server is free not to follow: it stays HTTP/1.1.
      handler.request(new Http1Exchange({ ...request, upgrade: undefined }, message, response, () => true));
    } else {
      handler.tunnel(new Http1TunnelExchange(request, message, response, stream));
    }
  };
  server.on('upgrade', onTunnel);
  server.on('connect', onTunnel);
  // Node looks for connections with slow headers from when a server listens, which this one never does.
  server.emit('listening');

  return {
    accept(socket) {
      busy.set(socket, 0);
      socket.on('close', () => busy.delete(socket));
      server.emit('connection', socket);
    },
    drain() {
      isDraining = true;
      server.close();
      for (const [socket, requests] of busy) if (requests === 0) socket.end();
    },
  };
}

function refuseUnreadable(response: ServerResponse): void {
  response.shouldKeepAlive = false;
  response.writeHead(400, ['content-length', '0', 'connection', 'close']).end();
}

function readHead(message: IncomingMessage): RequestHead | undefined {
  const method = message.method ?? 'GET';
  const target = parseTarget(method, message.url ?? '/', message.headers.host);
  if (target === undefined) return undefined;
  const fields = message.rawHeaders;
  const isUpgrade = hasField(fields, 'upgrade') && listMembers(fields, 'connection').includes('upgrade');
  return {
    version: message.httpVersion === '1.0' ? '1.0' : '1.1',
    method,
    ...target,
    fields: withoutFields(endToEnd(fields), 'host'),
    upgrade: isUpgrade ? fieldValue(fields, 'upgrade')?.toLowerCase() : undefined,
  };
}

class Http1Exchange implements Exchange {
  readonly request: RequestHead;
  readonly body: BodySource | undefined;
  readonly client: Peer;
  onAbandoned: (code: number) => void = () => {};
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #isLast: () => boolean;

  constructor(
    request: RequestHead,
    message: IncomingMessage,
    response: ServerResponse,
    isLast: () => boolean,
  ) {
    this.request = request;
    this.#message = message;
    this.#response = response;
    this.#isLast = isLast;
    this.client = { ip: message.socket.remoteAddress ?? '', port: message.socket.remotePort ?? 0 };
    this.body = hasContent(message) ? this.#readBody() : undefined;
    if (this.body === undefined) message.resume();
    response.on('close', () => {
      if (!response.writableFinished) this.onAbandoned(resetCode.cancel);
    });
  }

  inform(head: ResponseHead): void {
    if (this.#response.headersSent || this.request.version === '1.0') return;
    if (head.status === 100) this.#response.writeContinue();
    if (head.status === 102) this.#response.writeProcessing();
    if (head.status === 103) {
      const hints: Record<string, string | string[]> = {};
      for (let index = 0; index + 1 < head.fields.length; index += 2) {
        const name = (head.fields[index] ?? '').toLowerCase();
        const before = hints[name] ?? [];
        hints[name] = [...(typeof before === 'string' ? [before] : before), head.fields[index + 1] ?? ''];
      }
      if (hints['link'] !== undefined) this.#response.writeEarlyHints(hints);
    }
  }

  respond({ status, reason, fields }: ResponseHead, { hasBody, close = false }: RespondOptions): BodySink {
    const response = this.#response;
    const isClosing = close || this.#isLast();
    if (isClosing) response.shouldKeepAlive = false;
    const isEmpty = !hasBody || hasNoContent(this.request.method, status);
    const isSized = hasField(fields, 'content-length');
    const isChunked = !isEmpty && !isSized && this.request.version !== '1.0';
    const lines = [...(isChunked ? fields : withoutFields(fields, 'trailer'))];
    if (!isSized && isEmpty && !hasNoContent(this.request.method, status)) lines.push('content-length', '0');
    if (isClosing) lines.push('connection', 'close');
    response.writeHead(status, reason === '' ? undefined : reason, lines);
    const sink = new Http1Sink(response, { isChunked, abort: () => this.abort() });
    if (isEmpty) sink.end(noFields);
    else flushSoon(response);
    return sink;
  }

  abort(): void {
    const { socket } = this.#message;
    // A response that ends with its connection is told from a broken one only by how the connection ends.
    if (this.#response.headersSent) socket.resetAndDestroy();
    else socket.destroy();
  }

  #readBody(): BodySource {
    const message = this.#message;
    const { socket } = message;
    // Once a request is answered, Node tells it no more of its connection's end.
    const onClose = (): void => void message.destroy();
    socket.on('close', onClose);
    message.on('close', () => socket.off('close', onClose));
    return new ReadableBody({
      stream: message,
      trailers: () => trailerFields(message.rawTrailers),
      isComplete: () => message.complete,
      failureCode: () => resetCode.cancel,
      // What is left is read and dropped; cutting the connection would take the answer with it.
      cancel: () => message.resume(),
    });
  }
}

class Http1TunnelExchange extends Http1Exchange implements TunnelExchange {
  readonly #response: ServerResponse;
  readonly #stream: Duplex;

  constructor(request: RequestHead, message: IncomingMessage, response: ServerResponse, stream: Duplex) {
    super(request, message, response, () => true);
    this.#response = response;
    this.#stream = stream;
  }

  accept(head: ResponseHead | undefined): Duplex {
    const { status, reason, fields } = head ?? { status: 200, reason: 'OK', fields: noFields };
    const lines = [`HTTP/1.1 ${status} ${reason}`];
    for (let index = 0; index + 1 < fields.length; index += 2) {
      lines.push(`${fields[index]}: ${fields[index + 1]}`);
    }
    this.onAbandoned = () => {};
    this.#response.detachSocket(this.#socket());
    this.#stream.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    return this.#stream;
  }

  #socket(): Socket {
    const { socket } = this.#response;
    if (socket === null) throw new Error('a tunnel is accepted once');
    return socket;
  }
}

/** RFC 9112, section 6.3: a request has content if and only if its framing says so. */
function hasContent({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && Number(length) > 0;
}
