import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { formatBoundAddress, isLoopback, type ListenAddress } from './address.js';
import { listen } from './listen.js';
import type { Logger } from './log.js';
import { MetricsEndpoint, type MetricsEndpointOptions } from './metrics-endpoint.js';

/** One thing that readiness looks at. */
export interface Condition {
  readonly name: string;
  /** False is worth an operator's eye. It may be false while the process is ready: old data is still served. */
  readonly ok: boolean;
  /** Why: `synced 412 objects`, `last event 94 s ago`. */
  readonly detail: string;
}

/** Whether the process should be sent clients, and why. */
export interface Readiness {
  readonly ready: boolean;
  readonly conditions: readonly Condition[];
}

export interface AdminServerOptions {
  readonly address: ListenAddress;
  readonly registry: Registry;
  readonly log: Logger;
  readonly readiness: () => Readiness;
  /** What `/metrics` tells besides the registry: see MetricsEndpointOptions. */
  readonly moreMetrics?: MetricsEndpointOptions['more'];
  /** What `/debug/<name>` shows; any value, written as JSON. */
  readonly debug?: Readonly<Record<string, () => unknown>>;
}

export interface AdminServer {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** How long `close` lets requests in flight finish. */
const closeGraceMs = 1_000;

/**
 * The HTTP server for kubelet, Prometheus and operators. Resolves once it listens.
 *
 * - `/live`: 200 while the event loop turns. It does not depend on readiness: a restart never helps a process that waits.
 * - `/ready`: 200 or 503, with every condition, also those that fail while the process is ready.
 * - `/metrics`: the registry's.
 * - `/debug/<name>`: to loopback peers only, which `kubectl port-forward` is.
 */
export async function createAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, log, registry, moreMetrics } = options;
  const metrics = new MetricsEndpoint({ registry, ...(moreMetrics && { more: moreMetrics }) });
  const server = createServer(
    // A scrape takes milliseconds; a peer that takes seconds to ask is broken or hostile.
    { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 },
    (request, response) => {
      const isScrape = pathOf(request) === '/metrics' && isRead(request);
      const answered = isScrape
        ? metrics.answer(request, response)
        : answer(options, request).then((result) => send(response, result));
      answered.catch((error: unknown) => {
        log.error({ err: error, url: request.url }, 'admin request failed');
        if (response.headersSent) response.destroy();
        else send(response, text(500, 'internal error'));
      });
    },
  );
  server.setTimeout(30_000);
  server.on('error', (error) => {
    log.error({ err: error, address }, 'admin server failed');
  });
  const bound = await listen(server, address);
  return {
    address: formatBoundAddress(bound),
    port: bound.port,
    close() {
      const cut = setTimeout(() => {
        server.closeAllConnections();
      }, closeGraceMs).unref();
      return new Promise((resolve) => {
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
      });
    },
  };
}

async function answer(options: AdminServerOptions, request: IncomingMessage): Promise<Answer> {
  const path = pathOf(request);
  const resource = route(options, path);
  if (resource === undefined) return text(404, 'not found');
  if (!isRead(request)) return text(405, 'only GET and HEAD');
  if (path.startsWith('/debug') && !isLoopback(request.socket.remoteAddress)) {
    return text(403, 'served to loopback only');
  }
  return await resource();
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

type Resource = () => Answer | Promise<Answer>;

function route({ readiness, debug = {} }: AdminServerOptions, path: string): Resource | undefined {
  const debugNames = Object.keys(debug);
  switch (path) {
    case '/':
      return () =>
        text(200, ['/live', '/ready', '/metrics', ...debugNames.map((name) => `/debug/${name}`)].join('\n'));
    case '/live':
      return () => text(200, 'ok');
    case '/ready':
      return () => {
        const state = readiness();
        return json(state.ready ? 200 : 503, state);
      };
    case '/metrics':
      // Read by a MetricsEndpoint; anything else is refused before it is asked for.
      return () => text(200, '');
    default: {
      const name = path.startsWith('/debug/') ? path.slice('/debug/'.length) : '';
      const show = debugNames.includes(name) ? debug[name] : undefined;
      return show && (() => json(200, show()));
    }
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(body);
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

function json(status: number, value: unknown): Answer {
  const body = JSON.stringify(value, plain, 2) ?? 'null';
  return { status, type: 'application/json; charset=utf-8', body: `${body}\n` };
}

/** Makes JSON of what JSON has no word for. A Map becomes an object, so its keys are written as text. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Error) return { name: value.name, message: value.message, cause: value.cause };
  return value;
}
