import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Logger } from '../../src/runtime/log.js';
import type { Observer } from '../../src/proxy/metrics/observer.js';
import { type Proxy, type ProxyOptions, startProxy } from '../../src/proxy/proxy.js';
import { type Message, ScriptedDestination } from '../client/scripted-destination.js';
import { recordingLog } from '../kit/log.js';

/** Where a lab's services are, by authority: addresses, or nothing for "refused". */
export type Services = Record<string, { addrs: readonly Message[] } | undefined>;

export const silentObserver: Observer = {
  request: () => ({ responded() {}, ended() {} }),
  refused() {},
  connection: () => ({ closed() {} }),
};

/** Everything that a test opens; `close` in afterEach. */
export class Lab {
  readonly #closers: (() => unknown)[] = [];
  readonly log: Logger;
  readonly lines: Record<string, unknown>[];

  constructor() {
    ({ log: this.log, lines: this.lines } = recordingLog('debug'));
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }

  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  async proxy(
    options: Partial<ProxyOptions> = {},
  ): Promise<Proxy & { outboundPort: number; inboundPort: number }> {
    const proxy = await startProxy({
      outbound: { host: '127.0.0.1', port: 0 },
      outboundTcp: [],
      inbound: [],
      destinationAddress: undefined,
      contextToken: '',
      detectMs: 10_000,
      discoveryIdleMs: 300_000,
      name: 'web-1.shop',
      observer: silentObserver,
      log: this.log,
      ...options,
    });
    this.defer(() => proxy.stop({ graceMs: 0 }));
    return {
      ...proxy,
      outboundPort: portOf(proxy.addresses.outbound),
      inboundPort: portOf(proxy.addresses.inbound[0]),
    };
  }

  /** A sidecar in front of an application on `port`; resolves to the port that others connect to. */
  async sidecar(port: number, options: Partial<ProxyOptions> = {}): Promise<number> {
    const inbound = [
      { listen: { host: '127.0.0.1', port: 0 }, forward: { host: '127.0.0.1', port }, isOpaque: false },
    ];
    const { inboundPort } = await this.proxy({
      outbound: undefined,
      inbound,
      name: 'app-1.shop',
      ...options,
    });
    return inboundPort;
  }

  async destination(
    services: Services,
    profile?: (authority: string) => Message | undefined,
  ): Promise<ScriptedDestination> {
    const server = await ScriptedDestination.listen({
      serves: profile === undefined ? ['Get'] : ['Get', 'GetProfile'],
      answer: (call) => {
        if (call.method === 'GetProfile') {
          const message = profile?.(call.request.path);
          if (message === undefined) call.fail('NOT_FOUND', 'no such service');
          else call.send(message);
          return;
        }
        const service = services[call.request.path];
        if (service === undefined) call.fail('INVALID_ARGUMENT', 'not a name of the mesh');
        else if (service.addrs.length === 0) call.noEndpoints(true);
        else call.add(service.addrs);
      },
    });
    this.defer(() => server.kill());
    return server;
  }

  /** An application that speaks HTTP/1. */
  async http1App(handler: http.RequestListener): Promise<{ port: number; server: http.Server }> {
    const server = http.createServer(handler);
    this.defer(() => server.closeAllConnections());
    return { server, port: await this.#listen(server) };
  }

  /** An application that speaks HTTP/2. */
  async http2App(
    onStream: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
    options: http2.ServerOptions = {},
  ): Promise<{ port: number; server: http2.Http2Server; sessions: Set<http2.ServerHttp2Session> }> {
    const server = http2.createServer(options);
    const sessions = new Set<http2.ServerHttp2Session>();
    server.on('session', (session) => {
      sessions.add(session);
      session.on('error', () => {});
      session.on('close', () => sessions.delete(session));
    });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      onStream(stream, headers);
    });
    this.defer(() => sessions.forEach((it) => it.destroy()));
    return { server, sessions, port: await this.#listen(server) };
  }

  async listen(server: Server): Promise<number> {
    return this.#listen(server);
  }

  async #listen(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.defer(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  http2Client(port: number): http2.ClientHttp2Session {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    this.defer(() => session.destroy());
    return session;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: Readonly<Record<string, string | undefined>>;
}

export interface Ask {
  readonly port: number;
  readonly authority: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly trailers?: Readonly<Record<string, string>>;
  readonly agent?: http.Agent;
}

/** One request by HTTP/1.1 on a connection of its own. */
export async function ask1({
  port,
  authority,
  method = 'GET',
  path = '/',
  headers,
  body,
  trailers,
  agent,
}: Ask): Promise<Answer> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: agent ?? false,
      headers: { host: authority, ...headers },
    });
    request.on('error', reject);
    request.on('response', resolve);
    if (body !== undefined) request.write(body);
    if (trailers !== undefined) request.addTrailers(trailers);
    request.end();
  });
  const content = await buffer(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: content.toString(),
    trailers: response.trailers,
  };
}

/** One request by HTTP/2 on a session. */
export async function ask2(
  session: http2.ClientHttp2Session,
  { authority, method = 'GET', path = '/', headers, body, trailers }: Omit<Ask, 'port'>,
): Promise<Answer> {
  const stream = session.request(
    { ':method': method, ':path': path, ':authority': authority, ...headers },
    { endStream: body === undefined, waitForTrailers: trailers !== undefined },
  );
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  if (body !== undefined) stream.end(body);
  let received: http2.IncomingHttpHeaders = {};
  let receivedTrailers: http2.IncomingHttpHeaders = {};
  stream.on('response', (it) => {
    received = it;
  });
  stream.on('trailers', (it) => {
    receivedTrailers = it;
  });
  const content = await buffer(stream);
  return {
    status: Number(received[':status']),
    headers: received,
    body: content.toString(),
    trailers: Object.fromEntries(
      Object.entries(receivedTrailers).map(([name, value]) => [name, String(value)]),
    ),
  };
}

function portOf(address: string | undefined): number {
  return Number(address?.split(':').at(-1) ?? 0);
}
