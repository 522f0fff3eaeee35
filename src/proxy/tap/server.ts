import { createServer, type Socket } from 'node:net';
import { Metadata, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import {
  type ObserveRequest,
  type TapEvent,
  type TapServer as TapHandlers,
  TapService,
} from '../../gen/io/linkerd/proxy/tap/tap.js';
import { formatBoundAddress, type ListenAddress } from '../../runtime/address.js';
import { listen } from '../../runtime/listen.js';
import type { Logger } from '../../runtime/log.js';
import { createTapMetrics } from './metrics.js';
import type { Taps } from './taps.js';
import { CallViewer } from './viewer.js';

export interface TapServerOptions {
  readonly address: ListenAddress;
  readonly taps: Taps;
  readonly registry: Registry;
  readonly log: Logger;
  /** A viewer that has taken nothing for so long, though there was something, is cut off. Default 30 s. */
  readonly stuckMs?: number;
}

export interface TapServer {
  /** As bound. */
  readonly address: string;
  /** Ends all calls with UNAVAILABLE; resolves when their connections are closed. */
  close(): Promise<void>;
}

type ObserveCall = ServerWritableStream<ObserveRequest, TapEvent>;

/** How long clients have to take note of the end. */
const closeMs = 1_000;

/** Room for the largest match that is taken. One that nests deeper than the stack has room for fails to be decoded. */
const maxRequestBytes = 16_384;

/** Serves the control plane its taps, over plaintext HTTP/2. Resolves once it listens. */
export async function createTapServer({
  address,
  taps,
  registry,
  log,
  stuckMs = 30_000,
}: TapServerOptions): Promise<TapServer> {
  const nowMs = (): number => performance.now();
  const metrics = createTapMetrics(registry, () => taps.size);
  const viewers = new Map<CallViewer, ObserveCall>();
  const connections = new Map<string, Socket>();

  const handlers: TapHandlers = {
    observe(call) {
      const viewer = new CallViewer({ call, metrics, nowMs });
      const opened = taps.open(call.request, viewer);
      if (!opened.ok) {
        const code = opened.kind === 'invalid' ? status.INVALID_ARGUMENT : status.RESOURCE_EXHAUSTED;
        fail(call, code, opened.problem);
        return;
      }
      viewers.set(viewer, call);
      const over = (): void => {
        opened.tap.close();
        viewer.close();
        viewers.delete(viewer);
      };
      call.on('cancelled', over);
      call.on('close', over);
      // Says that it has begun; the first event may be long in coming.
      call.sendMetadata(new Metadata());
    },
  };
  const server = new Server({
    'grpc.enable_channelz': 0,
    // A control plane that is gone without a word is forgotten in half a minute.
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_receive_message_length': maxRequestBytes,
    'grpc.max_concurrent_streams': 128,
  });
  server.addService(TapService, handlers);

  // A listener of our own: grpc-js hides the reason of a failed bind, and can't cut connections.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer({ noDelay: true }, (socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    connections.set(peer, socket);
    socket.once('close', () => connections.delete(peer));
    injector.injectConnection(socket);
  });
  listener.on('error', (error) => log.error({ err: error }, 'tap listener failed'));
  const bound = await listen(listener, address);

  const sweeper = setInterval(() => {
    for (const [viewer, call] of viewers) {
      if (viewer.stuckMs() < stuckMs) continue;
      log.info({ peer: call.getPeer(), stuckMs }, 'a tap is cut off, whose client takes nothing');
      connections.get(call.getPeer())?.destroy();
    }
  }, stuckMs / 10).unref();

  return {
    address: formatBoundAddress(bound),
    async close() {
      clearInterval(sweeper);
      for (const call of viewers.values()) fail(call, status.UNAVAILABLE, 'the proxy is stopping');
      // Closes each connection once it has no stream.
      server.tryShutdown(() => {});
      const cut = setTimeout(() => connections.forEach((socket) => socket.destroy()), closeMs);
      await new Promise((resolve) => listener.close(resolve));
      clearTimeout(cut);
    },
  };
}

function fail(call: ObserveCall, code: status, details: string): void {
  call.emit('error', { code, details });
}
