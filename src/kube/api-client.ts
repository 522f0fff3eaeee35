import http from 'node:http';
import https from 'node:https';
import { ApiError, parseRetryAfter, refusal } from './api-error.js';
import { type Clock, systemClock } from './clock.js';
import type { Cluster } from './cluster.js';
import type { Credentials } from './credentials.js';
import { SilenceTimer } from './silence-timer.js';

export interface ApiRequest {
  /** `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /**
   * What to send as JSON: the request is a POST then. It may be sent twice, so it must be one that can be: a review, a
   * request for a token.
   */
  readonly body?: object;
  /** Default `application/json`. */
  readonly accept?: string;
  /** Ends the exchange at any point. */
  readonly signal: AbortSignal;
  /** How long the server may take to begin its answer, connecting included. Default 30,000. */
  readonly responseMs?: number;
  /**
   * How long it may then be silent. Default 30,000. Silence is limited and not the whole duration: a big list over
   * a slow link is fine.
   */
  readonly idleMs?: number;
}

/**
 * Requests to one API server that change nothing in it, over connections kept alive and shared by all. Whatever goes wrong is thrown as an
 * `ApiError`.
 */
export class ApiClient {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #agent: http.Agent;

  constructor({ cluster, clock = systemClock }: { readonly cluster: Cluster; readonly clock?: Clock }) {
    this.#cluster = cluster;
    this.#clock = clock;
    // A watch holds its connection for as long as it lasts: the number of sockets can't be limited here.
    const options: http.AgentOptions = { keepAlive: true, maxFreeSockets: 16 };
    this.#agent = cluster.server.protocol === 'http:' ? new http.Agent(options) : new https.Agent(options);
  }

  /** Closes the idle connections. Requests under way end by their signals. */
  close(): void {
    this.#agent.destroy();
  }

  /**
   * Sends a request and resolves, once the server has accepted it, to the body as it comes. A 401 makes for one more
   * attempt with renewed credentials. The body must be iterated; leaving the loop closes the connection.
   */
  async open(request: ApiRequest): Promise<AsyncIterable<Buffer>> {
    const credentials = await this.#cluster.credentials.get();
    let response = await this.#send(request, credentials);
    if (response.statusCode === 401) {
      const rejected = await this.#refusal(response, request);
      const renewed = await this.#cluster.credentials.renew(credentials);
      if (renewed === credentials) throw rejected;
      response = await this.#send(request, renewed);
    }
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw await this.#refusal(response, request);
    return this.#body(response, request);
  }

  /** The JSON value that answers a request; `maxBytes` (default 16 MiB) bounds it. */
  async getJson(request: ApiRequest, { maxBytes = 16 * 2 ** 20 } = {}): Promise<unknown> {
    const text = await readText(await this.open(request), maxBytes);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ApiError({ kind: 'malformed' }, 'the response is not JSON', { cause: error });
    }
  }

  async #send(request: ApiRequest, credentials: Credentials): Promise<http.IncomingMessage> {
    const first = await this.#exchange(request, credentials);
    if (first.kind === 'response') return first.response;
    // The server closed an idle connection just as it was taken from the pool: nothing has been processed.
    const retry =
      first.reused && !request.signal.aborted ? await this.#exchange(request, credentials) : first;
    if (retry.kind === 'response') return retry.response;
    throw retry.error;
  }

  #exchange(
    request: ApiRequest,
    credentials: Credentials,
  ): Promise<
    | { readonly kind: 'response'; readonly response: http.IncomingMessage }
    | { readonly kind: 'failed'; readonly error: ApiError; readonly reused: boolean }
  > {
    const url = new URL(this.#cluster.server);
    url.pathname = url.pathname.replace(/\/$/, '') + request.path;
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const { request: send } = url.protocol === 'http:' ? http : https;
    const { signal } = request;
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));

    return new Promise((resolve) => {
      const outgoing = send(url, {
        agent: credentials.agent ?? this.#agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          accept: request.accept ?? 'application/json',
          'user-agent': 'conduit',
          ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
          ...credentials.headers,
        },
        ...credentials.tls,
      });
      const timer = new SilenceTimer({
        clock: this.#clock,
        limitMs: request.responseMs ?? 30_000,
        onSilence: () => outgoing.destroy(new ApiError({ kind: 'silent' }, 'no response')),
      });
      const abort = (): void => void outgoing.destroy();
      const settle = (): void => {
        timer.stop();
        signal.removeEventListener('abort', abort);
      };
      // Finds a dead peer below HTTP, where nobody sends anything for long.
      outgoing.once('socket', (socket) => socket.setKeepAlive(true, 30_000));
      outgoing.once('response', (response) => {
        settle();
        // An error between here and the first read must not be an uncaught one; the read meets it.
        response.on('error', () => {});
        resolve({ kind: 'response', response });
      });
      outgoing.on('error', (error) => {
        settle();
        resolve({
          kind: 'failed',
          error: connectionError(error),
          reused: outgoing.reusedSocket && isReset(error),
        });
      });
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
      outgoing.end(body);
    });
  }

  async *#body(response: http.IncomingMessage, request: ApiRequest): AsyncGenerator<Buffer> {
    const { signal } = request;
    const timer = new SilenceTimer({
      clock: this.#clock,
      limitMs: request.idleMs ?? 30_000,
      onSilence: () => response.destroy(new ApiError({ kind: 'silent' }, 'the response stopped')),
    });
    const abort = (): void => void response.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      if (signal.aborted) abort();
      for await (const chunk of response) {
        timer.heard();
        yield chunk;
      }
    } catch (error) {
      throw connectionError(error);
    } finally {
      timer.stop();
      signal.removeEventListener('abort', abort);
    }
  }

  /** What a response that isn't 2xx says. Reads it to its end, so that the connection can be used again. */
  async #refusal(response: http.IncomingMessage, request: ApiRequest): Promise<ApiError> {
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'], this.#clock.nowMs());
    return refusal(await this.#readStatus(response, request), response.statusCode ?? 0, retryAfterMs);
  }

  /** The `Status` object in a refusal; undefined where there is none, for the status code says enough. */
  async #readStatus(response: http.IncomingMessage, request: ApiRequest): Promise<unknown> {
    try {
      return JSON.parse(await readText(this.#body(response, request), 64 * 1_024));
    } catch {
      return undefined;
    }
  }
}

async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ApiError({ kind: 'malformed' }, `the response exceeds ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

function connectionError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiError({ kind: 'connection' }, detail, { cause: error });
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
