import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { until } from '../kit/until.js';

/** A request that the server has received, and that the test answers. */
export class Ask {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: http.IncomingHttpHeaders;
  readonly #request: http.IncomingMessage;
  readonly #response: http.ServerResponse;

  constructor(request: http.IncomingMessage, response: http.ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://server');
    this.path = url.pathname;
    this.query = Object.fromEntries(url.searchParams);
    this.headers = request.headers;
    this.method = request.method ?? '';
    this.#request = request;
    this.#response = response;
  }

  /** The JSON that was sent. */
  async body(): Promise<unknown> {
    return json(this.#request);
  }

  get isWatch(): boolean {
    return this.query['watch'] === 'true';
  }

  /** Whether the client has gone away. */
  get closed(): boolean {
    return this.#response.closed;
  }

  json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.#response.end(JSON.stringify(body));
  }

  /** Grants a watch, which stays open. */
  grant(): void {
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
  }

  event(type: string, object: unknown): void {
    this.raw(`${JSON.stringify({ type, object })}\n`);
  }

  bookmark(resourceVersion: string): void {
    this.event('BOOKMARK', { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion } });
  }

  raw(text: string | Buffer): void {
    this.#response.write(text);
  }

  end(): void {
    this.#response.end();
  }

  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }
}

/** An HTTP server that answers nothing by itself. */
export class ScriptedServer {
  readonly #server = http.createServer();
  readonly #waiting: Ask[] = [];
  /** All requests so far. */
  readonly asks: Ask[] = [];

  private constructor() {
    this.#server.on('request', (request, response) => {
      const ask = new Ask(request, response);
      this.asks.push(ask);
      this.#waiting.push(ask);
    });
  }

  static async start(port = 0): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Requests that the test hasn't taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  /** The next request. */
  next(): Promise<Ask> {
    return until(() => this.#waiting.shift(), { what: 'a request' });
  }

  async nextList(): Promise<Ask> {
    const ask = await this.next();
    if (ask.isWatch) throw new Error('a watch where a list was expected');
    return ask;
  }

  async nextWatch(): Promise<Ask> {
    const ask = await this.next();
    if (!ask.isWatch) throw new Error('a list where a watch was expected');
    return ask;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
