import { Agent, type IncomingMessage, type OutgoingHttpHeaders, createServer, request } from 'node:http';
import { type Peer, httpTarget } from './mesh.js';
import { listenHost } from './settings.js';
import { onStop } from './stop.js';

/** Serving and calling plain HTTP/1.1 with JSON. */

export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: unknown;
}

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

/** Listens on the program's address and answers what `answer` makes of each request, until the program is stopped. */
export function serveHttp(port: number, answer: (call: Call) => Answer | Promise<Answer>): void {
  let stopping = false;
  const server = createServer((incoming, response) => {
    readText(incoming)
      .then((body) =>
        answer({
          method: incoming.method ?? 'GET',
          url: new URL(incoming.url ?? '/', 'http://shop'),
          body,
        }),
      )
      .catch((error: unknown): Answer => {
        console.log(`${incoming.method} ${incoming.url} failed: ${String(error)}`);
        return { status: 500, body: { error: String(error) } };
      })
      .then(({ status, headers = {}, body }) => {
        const close = stopping ? { connection: 'close' } : {};
        response.writeHead(status, { 'content-type': 'application/json', ...headers, ...close });
        response.end(`${JSON.stringify(body)}\n`);
      })
      // The client is gone.
      .catch(() => response.destroy());
  });
  // Longer than any client keeps an idle connection, so that it is never the server that closes one just as it is used.
  server.keepAliveTimeout = 75_000;
  server.listen(port, listenHost, () => console.log(`listening on http://${listenHost}:${port}`));
  onStop(
    () =>
      new Promise((resolve) => {
        stopping = true;
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  );
}

const agent = new Agent({ keepAlive: true });

export interface HttpResult {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Calls another service. Rejects where there is no answer within `timeoutMs` (default 5,000). */
export function callHttp(
  peer: Peer,
  path: string,
  options: { readonly method?: string; readonly body?: unknown; readonly timeoutMs?: number } = {},
): Promise<HttpResult> {
  const { method = 'GET', body, timeoutMs = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const outgoing = request(
      {
        ...httpTarget(peer),
        path,
        method,
        agent,
        headers: {
          host: peer,
          ...(body !== undefined && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          }),
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (incoming) => {
        readText(incoming).then(
          (answer) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: answer }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

async function readText(stream: IncomingMessage): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += String(chunk);
  return text;
}
