import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { Registry } from 'prom-client';
import { toOpenMetrics } from './openmetrics.js';

export type MetricsFormat = 'text' | 'openmetrics';

export interface MetricsEndpointOptions {
  readonly registry: Registry;
  /** What else there is to tell, in pieces: whole families, none of which the registry has. */
  readonly more?: (format: MetricsFormat) => Iterable<string>;
  /** How many scrapes may be under way; each keeps what its client is slow to take. Default 4. */
  readonly maxScrapes?: number;
}

/** For how long to write before others have their turn. */
const turnMs = 2;

/** Answers GET /metrics: in the format and the encoding that the client prefers, without holding up the event loop. */
export class MetricsEndpoint {
  readonly #options: MetricsEndpointOptions;
  #scrapes = 0;

  constructor(options: MetricsEndpointOptions) {
    this.#options = options;
  }

  /** Resolves when the client has taken all, or is gone. Rejects for a bug. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { maxScrapes = 4 } = this.#options;
    if (this.#scrapes >= maxScrapes) {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`${maxScrapes} scrapes are under way\n`);
      return;
    }
    this.#scrapes += 1;
    try {
      await this.#write(request, response);
    } finally {
      this.#scrapes -= 1;
    }
  }

  async #write(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const format = formatFor(request.headers.accept);
    const isGzip = acceptsGzip(request.headers['accept-encoding']);
    const text = await this.#options.registry.metrics();
    const ours = format === 'openmetrics' ? toOpenMetrics(text) : text;
    response.writeHead(200, {
      'content-type': contentTypes[format],
      'cache-control': 'no-store',
      vary: 'accept, accept-encoding',
      ...(isGzip && { 'content-encoding': 'gzip' }),
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    // The fastest: a scrape goes over the cluster's network, and comes again in seconds.
    const gzip = isGzip ? createGzip({ level: 1 }) : undefined;
    gzip?.pipe(response);
    const out = gzip ?? response;
    // The response closes when all of it has been taken, or its client is gone: nothing more is waited for then.
    const gone = new AbortController();
    const closed = once(response, 'close').then(() => gone.abort());
    try {
      await this.#writePieces(out, format, gone.signal);
      // Last, for in OpenMetrics it ends with the mark of the end.
      out.end(ours);
      await closed;
    } catch (error) {
      gzip?.destroy();
      if (!gone.signal.aborted) throw error;
    }
  }

  async #writePieces(out: NodeJS.WritableStream, format: MetricsFormat, signal: AbortSignal): Promise<void> {
    let startedMs = performance.now();
    for (const piece of this.#options.more?.(format) ?? []) {
      signal.throwIfAborted();
      if (piece !== '' && !out.write(piece)) await once(out, 'drain', { signal });
      if (performance.now() - startedMs < turnMs) continue;
      await setImmediate();
      startedMs = performance.now();
    }
  }
}

const contentTypes: Readonly<Record<MetricsFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** What is preferred of the two (RFC 9110, section 12.5.1); text for whoever says nothing. */
function formatFor(accept = ''): MetricsFormat {
  const weights = { text: 0, openmetrics: 0 };
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const q = Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? 1);
    if (type === 'application/openmetrics-text') weights.openmetrics = Math.max(weights.openmetrics, q);
    else if (type === 'text/plain' || type === '*/*') weights.text = Math.max(weights.text, q);
  }
  return weights.openmetrics > weights.text ? 'openmetrics' : 'text';
}

function acceptsGzip(accepted: string | readonly string[] = ''): boolean {
  return String(accepted)
    .split(',')
    .some((part) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(part));
}
