import { createServer, type Socket } from 'node:net';
import { type Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { descriptorSetBase64 } from '../gen/descriptor-set.js';
import { formatBoundAddress, type ListenAddress } from '../runtime/address.js';
import { listen } from '../runtime/listen.js';
import type { Logger } from '../runtime/log.js';
import { type Descriptors, readDescriptors } from './descriptors.js';
import { endStreams } from './drain.js';
import { acceptEncoded } from './framed.js';
import { createHealth } from './health.js';
import { Intake } from './intake.js';
import { methodOf } from './method.js';
import type { GrpcMetrics } from './metrics.js';
import { containErrors, observeCalls } from './observe.js';
import type { CallContext, ObservedMethod, OpenCallSummary } from './open-call.js';
import { createReflection } from './reflection.js';
import type { GrpcService } from './service.js';
import type { CallStatus } from './status.js';
import { StreamRegistry } from './stream-registry.js';

export interface GrpcServerOptions {
  /** Names the server in logs and metrics: `proxy`, `tooling`. */
  readonly name: string;
  readonly address: ListenAddress;
  /** What it serves, beside health and reflection, which every server has. */
  readonly services: readonly GrpcService[];
  readonly log: Logger;
  readonly metrics: GrpcMetrics;
  /** Why calls are refused for now, such as `still syncing: pods, services`; undefined when they are served. */
  readonly notServing?: () => string | undefined;
  /** What reflection serves; by default all of `proto/`. */
  readonly descriptors?: Descriptors;
  readonly limits?: Partial<GrpcLimits>;
}

export interface GrpcLimits {
  /** How long one write may wait for its client; then the stream is reset. */
  readonly stallTimeoutMs: number;
  /** How long a stream may outlive its reset; then its connection is cut. */
  readonly lingerMs: number;
  /** How often stalled streams are looked for, and health is brought up to date. */
  readonly sweepMs: number;
  /** A connection is pinged this often, and cut if it doesn't answer in `keepaliveTimeoutMs`. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** A connection without a stream is closed after this. */
  readonly connectionIdleMs: number;
  /** Names and values of a call's headers together. */
  readonly maxHeaderBytes: number;
  readonly maxRequestBytes: number;
}

const defaultLimits: GrpcLimits = {
  stallTimeoutMs: 30_000,
  lingerMs: 5_000,
  sweepMs: 1_000,
  // A proxy whose node died is forgotten in half a minute; a ping takes 18 µs of CPU.
  keepaliveMs: 20_000,
  keepaliveTimeoutMs: 10_000,
  connectionIdleMs: 300_000,
  // What other gRPC implementations accept. Node itself stops at 64 KB.
  maxHeaderBytes: 16_384,
  maxRequestBytes: 4_194_304,
};

/**
 * Said aloud because clients assume 100 until they are told; a proxy opens two streams for each destination of its pod.
 */
const maxConcurrentStreams = 2 ** 31 - 1;

export interface DrainOptions {
  /** When clients that are still there are cut off; longer than `spreadMs`. */
  readonly graceMs: number;
  /** Over how long the ends of many streams are spread; default 1 s. */
  readonly spreadMs?: number;
}

export interface GrpcServer {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /** The calls under way. */
  openCalls(): readonly OpenCallSummary[];
  /**
   * Stops: health says NOT_SERVING, nothing is accepted any more, and every stream ends with UNAVAILABLE, which has
   * clients try another replica. Resolves when every connection is closed. A second call returns the first's promise.
   */
  drain(options: DrainOptions): Promise<void>;
}

/**
 * Serves `services`, health and reflection over plaintext HTTP/2. Resolves once it listens.
 *
 * While `notServing` gives a reason, and while it drains, calls are refused with UNAVAILABLE; health and reflection
 * always answer.
 */
export async function createGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { name, metrics, notServing = () => undefined } = options;
  const log = options.log.child({ server: name });
  const limits = { ...defaultLimits, ...options.limits };
  const now = (): number => performance.now();

  const serviceNames = options.services.map(nameOf);
  const health = createHealth(serviceNames);
  const reflection = createReflection(options.descriptors ?? builtInDescriptors(), () => listedNames);
  const alwaysServed = [health.service, ...reflection];
  const services = [...options.services, ...alwaysServed];
  const listedNames = services.map(nameOf).sort();
  const alwaysServedNames = new Set(alwaysServed.map(nameOf));

  const connections = new Map<string, Socket>();
  const intake = new Intake();
  const calls = new StreamRegistry({ log, metrics, ...limits });
  let isDraining = false;
  let drained: Promise<void> | undefined;

  const refusalReason = (): string | undefined => (isDraining ? shuttingDown : notServing());
  const updateHealth = (): void => {
    health.set(refusalReason() === undefined ? 'SERVING' : 'NOT_SERVING');
  };

  const context: CallContext = {
    log,
    now,
    refusal({ method, host }, metadata) {
      // A Check answers by what holds as it comes in.
      updateHealth();
      const headerBytes = bytesOf(host, metadata);
      if (headerBytes > limits.maxHeaderBytes) {
        const details = `${headerBytes} bytes of headers; at most ${limits.maxHeaderBytes} are accepted`;
        return { code: status.RESOURCE_EXHAUSTED, details };
      }
      if (alwaysServedNames.has(method.service)) return undefined;
      const reason = refusalReason();
      return reason === undefined ? undefined : unavailable(name, reason);
    },
    onOver(call) {
      intake.spend();
      calls.delete(call);
    },
    disconnect: (peer) => connections.get(peer)?.destroy(),
  };
  const server = new Server({
    'grpc.enable_channelz': 0,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_idle_ms': limits.connectionIdleMs,
    'grpc.max_concurrent_streams': maxConcurrentStreams,
    'grpc.max_receive_message_length': limits.maxRequestBytes,
    interceptors: [
      observeCalls(observedMethods(services, metrics), context, (call) => {
        intake.spend();
        calls.add(call);
      }),
    ],
  });
  for (const { definition, implementation } of services) {
    server.addService(acceptEncoded(definition), containErrors(definition, implementation));
  }

  // A listener of our own: grpc-js hides the reason of a failed bind, logs by itself, and, with channelz off, keeps no
  // account of connections and so can't cut them (its forceShutdown does nothing).
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer({ noDelay: true }, (socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    if (isDraining || socket.destroyed) {
      socket.destroy();
      return;
    }
    connections.set(peer, socket);
    socket.once('close', () => {
      connections.delete(peer);
    });
    injector.injectConnection(socket);
    intake.add(socket);
  });
  listener.on('error', (error) => {
    log.error({ err: error }, 'listener failed');
  });
  const bound = await listen(listener, options.address);

  const stopCounting = metrics.countConnections(name, () => connections.size);
  const sweeper = setInterval(() => {
    updateHealth();
    calls.sweep(now());
  }, limits.sweepMs).unref();

  const drain = async ({ graceMs, spreadMs = 1_000 }: DrainOptions): Promise<void> => {
    log.info({ connections: connections.size, calls: calls.size, graceMs }, 'draining');
    isDraining = true;
    updateHealth();
    // Tells clients by GOAWAY to open no stream here, and closes each connection when it has none. What is waited for
    // is the connections: grpc-js doesn't call back if one was being destroyed.
    server.tryShutdown(() => {});
    const ended = Promise.all([
      new Promise((resolve) => listener.close(resolve)),
      endStreams({
        calls,
        end: unavailable(name, shuttingDown),
        now,
        spreadMs,
        stalledMs: limits.sweepMs,
      }),
    ]);
    const cut = setTimeout(() => {
      const examples = summaries().slice(0, 10);
      log.warn(
        { connections: connections.size, calls: calls.size, examples },
        'clients still there are cut off',
      );
      for (const socket of connections.values()) socket.destroy();
    }, graceMs);
    await ended;
    clearTimeout(cut);
    clearInterval(sweeper);
    stopCounting();
  };
  const summaries = (): OpenCallSummary[] => [...calls].map((call) => call.summary(now()));

  return {
    address: formatBoundAddress(bound),
    port: bound.port,
    openCalls: summaries,
    drain: (drainOptions) => (drained ??= drain(drainOptions)),
  };
}

const shuttingDown = 'shutting down';

function nameOf({ definition }: GrpcService): string {
  const [method] = Object.values(definition);
  if (method === undefined) throw new Error('a service without methods');
  return methodOf(method).service;
}

function observedMethods(
  services: readonly GrpcService[],
  metrics: GrpcMetrics,
): ReadonlyMap<string, ObservedMethod> {
  const methods = services.flatMap(({ definition }) => Object.values(definition).map(methodOf));
  return new Map(methods.map((method) => [method.path, { method, metrics: metrics.method(method) }]));
}

let descriptorsOfProto: Descriptors | undefined;

function builtInDescriptors(): Descriptors {
  descriptorsOfProto ??= readDescriptors(Buffer.from(descriptorSetBase64, 'base64'));
  return descriptorsOfProto;
}

function unavailable(server: string, reason: string): CallStatus {
  return { code: status.UNAVAILABLE, details: `${server} server: ${reason}` };
}

function bytesOf(host: string, metadata: Metadata): number {
  let bytes = host.length;
  for (const [key, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) bytes += key.length + value.length;
  }
  return bytes;
}
