import { createServer, type Socket } from 'node:net';
import { formatBoundAddress, type ListenAddress } from '../../runtime/address.js';
import { listen } from '../../runtime/listen.js';
import { createHttp1Server } from '../http/http1-server.js';
import type { HttpHandler } from '../http/protocol-server.js';
import { createHttp2Server } from '../http/http2-server.js';
import type { Direction, Observer, Target } from '../metrics/observer.js';
import { type Detected, detectProtocol } from './detect.js';
import { keepAliveMs } from './dial.js';
import { observeSocket } from './observe-socket.js';

export interface ListenerOptions {
  readonly address: ListenAddress;
  readonly direction: Direction;
  /** Where all of its connections go; undefined where each request says it. */
  readonly target: Target | undefined;
  readonly observer: Observer;
  /** Undefined: every connection is bytes. */
  readonly http: HttpHandler | undefined;
  /** Asked for each connection: whether it is bytes, so that nothing is to be found out. Default: no. */
  readonly isBytes?: () => boolean;
  /** What becomes of connections that are bytes: the socket, which is its own to close, and what was read from it. */
  readonly onBytes: (socket: Socket, first: Buffer) => void;
  /** After how long without a decision a connection is taken for bytes: its server may have to speak first. */
  readonly detectMs: number;
}

export interface Listener {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /** How many connections are open. */
  readonly connections: number;
  /** Accepts nothing more, neither connections nor, where the protocol can say so, requests. */
  drain(): void;
  /** Resolves when the last connection has ended by itself. */
  readonly drained: Promise<void>;
  /** Cuts what is left. */
  close(): void;
}

/** Listens, finds out what each connection speaks, and hands it on. Resolves once it listens. */
export async function createListener(options: ListenerOptions): Promise<Listener> {
  const { direction, target, observer, http, isBytes, onBytes, detectMs } = options;
  const sockets = new Set<Socket>();
  const http1 = http && createHttp1Server(http);
  const http2 = http && createHttp2Server(http);
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    observeSocket(socket, { direction, peer: 'src', target, observer });
    if (http1 === undefined || http2 === undefined || isBytes?.() === true) {
      onBytes(socket, nothing);
      return;
    }
    detect(socket, detectMs, (protocol, seen) => {
      if (protocol !== 'opaque') socket.unshift(seen);
      switch (protocol) {
        case 'http1':
          http1.accept(socket);
          return;
        case 'http2':
          http2.accept(socket);
          return;
        case 'opaque':
          onBytes(socket, seen);
      }
    });
  });
  let markDrained: () => void = () => {};
  const drained = new Promise<void>((resolve) => {
    markDrained = resolve;
  });
  const bound = await listen(server, options.address);
  return {
    address: formatBoundAddress(bound),
    port: bound.port,
    get connections() {
      return sockets.size;
    },
    drained,
    drain() {
      server.close(() => markDrained());
      http1?.drain();
      http2?.drain();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const nothing: Buffer = Buffer.alloc(0);

type Decide = (protocol: Exclude<Detected, 'undecided'>, seen: Buffer) => void;

/** Reads until the first bytes are enough to judge by. A connection that ends before it has said anything is closed. */
function detect(socket: Socket, timeoutMs: number, decide: Decide): void {
  let seen = nothing;
  const finish = (protocol: Exclude<Detected, 'undecided'>): void => {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('end', onEnd);
    decide(protocol, seen);
  };
  const onReadable = (): void => {
    for (let chunk = read(socket); chunk !== undefined; chunk = read(socket)) {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    }
    const detected = detectProtocol(seen);
    if (seen.length > 0 && detected !== 'undecided') finish(detected);
  };
  // A client that has said all it has to say, and not enough to tell, is not HTTP.
  const onEnd = (): void => {
    if (seen.length === 0) socket.destroy();
    else finish('opaque');
  };
  const timer = setTimeout(() => finish('opaque'), timeoutMs);
  socket.on('readable', onReadable);
  socket.on('end', onEnd);
  socket.on('close', () => clearTimeout(timer));
}

function read(socket: Socket): Buffer | undefined {
  // Without an encoding set, a socket gives buffers.
  return (socket.read() as Buffer | null) ?? undefined;
}
