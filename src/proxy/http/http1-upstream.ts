import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dial } from '../tcp/dial.js';
import { ReadableBody, transfer } from './body.js';
import { endToEnd, hasField, joinCookies, trailerFields, withoutFields } from './fields.js';
import { flushSoon, Http1Sink } from './http1-sink.js';
import { maxHeaderBytes } from './protocol-server.js';
import {
  type Call,
  type CallFailure,
  type CallResult,
  hasNoContent,
  type OutgoingRequest,
  type RequestHead,
  resetCode,
  type ResponseHead,
  type Upstream,
} from './message.js';

/**
 * How long a connection is kept for the next request. Short, as linkerd2-proxy has it: a server may close an idle
 * connection at any time, and a request that it crosses with is lost.
 */
const idleMs = 3_000;

/** Beyond this many, connections that become idle are closed. */
const maxIdle = 1_024;

/** Speaks HTTP/1.1 to one address, one request at a time on a connection. Requests for tunnels get one to themselves. */
export function createHttp1Upstream(dial: Dial): Upstream {
  const agent = new DialingAgent(dial);
  let isDraining = false;
  return {
    send: (outgoing) => send(outgoing, agent, isDraining),
    drain() {
      isDraining = true;
      agent.drain();
    },
  };
}

class DialingAgent extends Agent {
  readonly #dial: Dial;
  #isDraining = false;

  constructor(dial: Dial) {
    super({ keepAlive: true, timeout: idleMs, maxFreeSockets: maxIdle, scheduling: 'lifo' });
    this.#dial = dial;
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // Node takes an error without a socket, which its types don't say.
    const callback = done as ((error: Error | null, stream?: Duplex) => void) | undefined;
    this.#dial().then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(new ConnectError(error.message)),
    );
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const isKept: unknown = super.keepSocketAlive(socket);
    return isKept === true && !this.#isDraining;
  }

  drain(): void {
    this.#isDraining = true;
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}

class ConnectError extends Error {}

function send(outgoing: OutgoingRequest, agent: DialingAgent, isLast: boolean): Call {
  const { head, body, onInterim, onConnected } = outgoing;
  let settle: (result: CallResult) => void = () => {};
  const result = new Promise<CallResult>((resolve) => {
    settle = resolve;
  });
  const fail = (message: string, kind: CallFailure['kind'], reused: boolean, code: number): void => {
    body?.cancel(code);
    settle({ kind: 'failed', failure: { kind, reused, message, code } });
  };

  const isChunked = body !== undefined && !hasField(head.fields, 'content-length');
  let message: ClientRequest;
  try {
    message = request({
      agent,
      method: head.method,
      path: head.method === 'CONNECT' ? head.authority : head.path,
      maxHeaderSize: maxHeaderBytes,
      headers: requestLines(head, { isChunked, hasBody: body !== undefined, isLast }),
    });
  } catch (error) {
    // What HTTP/2 lets through and HTTP/1 can't say.
    fail(error instanceof Error ? error.message : String(error), 'unsendable', false, resetCode.protocol);
    return { result, cancel() {} };
  }

  let isCancelled = false;
  let hasResponse = false;
  message.on('error', (error: Error) => {
    if (hasResponse) return;
    if (error instanceof ConnectError) fail(error.message, 'connect', false, resetCode.refused);
    else fail(`the connection broke: ${wordsFor(error)}`, 'broken', message.reusedSocket, resetCode.internal);
  });
  message.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
    onInterim({ status: statusCode, reason: statusMessage, fields: endToEnd(rawHeaders) });
  });
  message.on('response', (response) => {
    hasResponse = true;
    settle({ kind: 'response', ...readResponse(response, head.method, message) });
  });
  const onTunnel = (response: IncomingMessage, stream: Duplex, rest: Buffer): void => {
    hasResponse = true;
    if (rest.length > 0) stream.unshift(rest);
    const fields = response.rawHeaders;
    const answer: ResponseHead = {
      status: response.statusCode ?? 101,
      reason: response.statusMessage ?? '',
      fields: head.method === 'CONNECT' ? endToEnd(fields) : fields,
    };
    settle({ kind: 'tunnel', head: answer, stream });
  };
  message.on('upgrade', onTunnel);
  message.on('connect', onTunnel);
  message.on('socket', () => {
    if (isCancelled) return;
    onConnected();
    // The content is not touched before there is a connection, so that another one can still be tried.
    if (body === undefined) return;
    transfer(body, new Http1Sink(message, { isChunked, abort: () => message.destroy() }), () => {});
    flushSoon(message);
  });
  if (body === undefined) message.end();
  return {
    result,
    cancel(code) {
      isCancelled = true;
      if (hasResponse) return;
      fail('cancelled', 'broken', message.reusedSocket, code);
      message.destroy();
    },
  };
}

function requestLines(
  { method, authority, fields, upgrade }: RequestHead,
  { isChunked, hasBody, isLast }: { isChunked: boolean; hasBody: boolean; isLast: boolean },
): string[] {
  const kept = joinCookies(isChunked ? fields : withoutFields(fields, 'trailer'));
  const lines = ['Host', authority, ...kept];
  const nominated: string[] = [];
  if (isChunked) lines.push('transfer-encoding', 'chunked');
  // RFC 9110, section 8.6: without content, methods that are expected to have some say so.
  const expectsContent = !['GET', 'HEAD', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'].includes(method);
  if (!hasBody && expectsContent && !hasField(kept, 'content-length')) lines.push('content-length', '0');
  if (hasField(kept, 'te')) nominated.push('te');
  if (upgrade === undefined) {
    nominated.push(isLast ? 'close' : 'keep-alive');
  } else {
    nominated.push('upgrade');
    lines.push('upgrade', upgrade);
  }
  lines.push('connection', nominated.join(', '));
  return lines;
}

function readResponse(response: IncomingMessage, method: string, message: ClientRequest) {
  const status = response.statusCode ?? 0;
  const head: ResponseHead = {
    status,
    reason: response.statusMessage ?? '',
    fields: endToEnd(response.rawHeaders),
  };
  const isEmpty = hasNoContent(method, status) || response.headers['content-length'] === '0';
  if (isEmpty) {
    response.on('error', () => {});
    response.resume();
    return { head, body: undefined };
  }
  const body = new ReadableBody({
    stream: response,
    trailers: () => trailerFields(response.rawTrailers),
    isComplete: () => response.complete,
    failureCode: () => resetCode.internal,
    cancel: () => message.destroy(),
  });
  return { head, body };
}

function wordsFor({ code = '', message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'it was closed without an answer';
  return code.startsWith('HPE_') ? 'the answer is not HTTP/1' : message;
}
