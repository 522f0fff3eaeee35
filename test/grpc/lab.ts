import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type OutgoingHttpHeaders,
  type Settings,
} from 'node:http2';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import {
  type CallOptions,
  type ChannelOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials,
  makeGenericClientConstructor,
  type Metadata,
  type MethodDefinition,
  type requestCallback,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { frame } from '../../src/grpc/framed.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer, type GrpcServer, type GrpcServerOptions } from '../../src/grpc/server.js';
import type { GrpcService } from '../../src/grpc/service.js';
import { createLogger } from '../../src/runtime/log.js';

/** Messages of the lab service are text. */
function method(
  name: string,
  requestStream: boolean,
  responseStream: boolean,
): MethodDefinition<string, string> {
  const encode = (value: string): Buffer => Buffer.from(value, 'utf8');
  const decode = (bytes: Buffer): string => bytes.toString('utf8');
  return {
    path: `/test.v1.Lab/${name}`,
    requestStream,
    responseStream,
    requestSerialize: encode,
    requestDeserialize: decode,
    responseSerialize: encode,
    responseDeserialize: decode,
  };
}

/** A service with one method of each kind. */
export const labDefinition = {
  ask: method('Ask', false, false),
  watch: method('Watch', false, true),
  collect: method('Collect', true, false),
  chat: method('Chat', true, true),
} satisfies ServiceDefinition;

export type Unary = ServerUnaryCall<string, string>;
export type ServerStream = ServerWritableStream<string, string>;
export type ClientStream = ServerReadableStream<string, string>;
export type Bidi = ServerDuplexStream<string, string>;
export type Respond = sendUnaryData<string>;

export interface LabHandlers {
  readonly ask: (call: Unary, respond: Respond) => unknown;
  readonly watch: (call: ServerStream) => unknown;
  readonly collect: (call: ClientStream, respond: Respond) => unknown;
  readonly chat: (call: Bidi) => unknown;
}

const unused = (): never => {
  throw new Error('not expected to be called');
};

/** The lab service with those handlers that a test needs. */
export function lab(handlers: Partial<LabHandlers>): readonly GrpcService[] {
  const all: LabHandlers = { ask: unused, watch: unused, collect: unused, chat: unused, ...handlers };
  return [{ definition: labDefinition, implementation: { ...all } }];
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface RunningLab {
  readonly server: GrpcServer;
  readonly registry: Registry;
  readonly logLines: readonly LogLine[];
  readonly client: (options?: ChannelOptions & { port?: number }) => LabClient;
  /** The samples of a metric, each as `label values joined by space` and its value, without those that are 0. */
  readonly samples: (metric: string) => Promise<Readonly<Record<string, number>>>;
}

/** Runs a server on loopback until the test is over. */
export async function runLab(
  options: Partial<GrpcServerOptions> & { services: GrpcServerOptions['services'] },
): Promise<RunningLab> {
  const registry = new Registry();
  const logLines: LogLine[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logLines.push(JSON.parse(chunk.toString()) as LogLine);
      done();
    },
  });
  const server = await createGrpcServer({
    name: 'lab',
    address: { host: '127.0.0.1', port: 0 },
    log: createLogger({ level: 'debug', format: 'json', destination }),
    metrics: createGrpcMetrics(registry),
    ...options,
  });
  onTestFinished(() => server.drain({ graceMs: 0, spreadMs: 0 }));
  return {
    server,
    registry,
    logLines,
    client: ({ port = server.port, ...channelOptions } = {}) => labClient(port, channelOptions),
    async samples(metric) {
      const found = await registry.getSingleMetric(metric)?.get();
      const entries = (found?.values ?? [])
        .filter(({ value }) => value !== 0)
        .map(({ labels, value }) => [Object.values(labels).join(' '), value] as const);
      return Object.fromEntries(entries);
    },
  };
}

export type LabClient = Client & {
  ask(message: string, callback: requestCallback<string>): ClientUnaryCall;
  watch(message: string, metadata?: Metadata | CallOptions): ClientReadableStream<string>;
  collect(callback: requestCallback<string>): ClientWritableStream<string>;
  chat(): ClientDuplexStream<string, string>;
};

/** A client of whoever serves the lab service at `port`, until the test is over. */
export function labClient(port: number, options: ChannelOptions = {}): LabClient {
  const Constructor = makeGenericClientConstructor(labDefinition, 'Lab');
  const client = new Constructor(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
  onTestFinished(() => {
    client.close();
  });
  return client as unknown as LabClient;
}

/** How a call ended, as its client saw it. */
export interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly string[];
}

/** Follows a client's stream to its end. */
export function outcomeOf(stream: NodeJS.EventEmitter): Promise<Outcome> {
  return new Promise((resolve) => {
    const messages: string[] = [];
    stream.on('data', (message: string) => messages.push(message));
    stream.on('error', () => {});
    stream.on('status', ({ code, details }: { code: number; details: string }) => {
      resolve({ code, details, messages });
    });
  });
}

/** Calls a method with a single response to its end. */
export function answerOf(call: (callback: requestCallback<string>) => unknown): Promise<Outcome> {
  return new Promise((resolve) => {
    call((error, value) => {
      resolve(
        error
          ? { code: error.code, details: error.details, messages: [] }
          : { code: 0, details: 'OK', messages: value === undefined ? [] : [value] },
      );
    });
  });
}

/** A bare HTTP/2 client, which reads of a stream only what is asked of it. */
export function rawClient(port: number, settings: Settings = {}): ClientHttp2Session {
  // Node would not send long headers, which servers must be safe from.
  const session = connectHttp2(`http://127.0.0.1:${port}`, { settings, maxSendHeaderBlockLength: 1_000_000 });
  session.on('error', () => {});
  onTestFinished(() => {
    session.destroy();
  });
  return session;
}

/** Opens a call without sending anything on it. */
export function rawCall(
  session: ClientHttp2Session,
  path: string,
  headers: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => {});
  return stream;
}

/** Calls Watch with the message `?`. */
export function rawWatch(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  return rawCall(session, labDefinition.watch.path, headers).end(frame(Buffer.from('?')).buffer);
}

export interface Relay {
  readonly port: number;
  /** Takes nothing more from the server, and leaves its connections open: a client that is alive and reads nothing. */
  freeze(): void;
}

/** A TCP relay in front of a server, which can be frozen. */
export async function runRelay(serverPort: number): Promise<Relay> {
  const upstreams = new Set<Socket>();
  const sockets = new Set<Socket>();
  const listener = createServer((downstream) => {
    const upstream = connectTcp(serverPort, '127.0.0.1');
    upstreams.add(upstream);
    for (const socket of [upstream, downstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    upstream.pipe(downstream);
    downstream.pipe(upstream);
    downstream.on('close', () => upstream.destroy());
    upstream.on('close', () => downstream.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return {
    port: (listener.address() as AddressInfo).port,
    freeze() {
      for (const upstream of upstreams) {
        upstream.unpipe();
        upstream.pause();
      }
    },
  };
}
