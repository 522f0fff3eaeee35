import type { Socket } from 'node:net';
import type { Logger } from '../../runtime/log.js';
import type { Endpoint } from '../balance/endpoint.js';
import type { Direction, Observer } from '../metrics/observer.js';
import { tunnel } from './tunnel.js';

export interface ForwardBytesOptions {
  /** What was read of the client already. */
  readonly first: Buffer;
  readonly direction: Direction;
  readonly observer: Observer;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly pick: (tried: ReadonlySet<Endpoint>) => Endpoint | Promise<Endpoint | undefined> | undefined;
}

/** How many endpoints a connection is tried on. */
const maxAttempts = 4;

/** Connects a client's socket to an endpoint and passes bytes both ways. Closes it where there is no way. */
export async function forwardBytes(client: Socket, options: ForwardBytesOptions): Promise<void> {
  const { direction, observer, log, first } = options;
  const opened = await openEndpoint(options);
  if (opened.kind === 'failed') {
    observer.refused({ direction, protocol: 'tcp', reason: opened.reason });
    log.debug({ direction, reason: opened.message }, 'connection refused');
    client.resetAndDestroy();
    return;
  }
  const { socket, release } = opened;
  if (client.destroyed) {
    release();
    socket.destroy();
    return;
  }
  if (first.length > 0) socket.write(first);
  tunnel(client, socket, release);
}

export type OpenedEndpoint =
  | {
      readonly kind: 'open';
      readonly socket: Socket;
      readonly endpoint: Endpoint;
      readonly release: () => void;
    }
  | { readonly kind: 'failed'; readonly reason: 'no-endpoint' | 'unreachable'; readonly message: string };

/** A connection to the best endpoint, or to another where that one can't be reached. */
export async function openEndpoint({
  pick,
  nowMs,
}: Pick<ForwardBytesOptions, 'pick' | 'nowMs'>): Promise<OpenedEndpoint> {
  const tried = new Set<Endpoint>();
  let message = 'no endpoint';
  while (tried.size < maxAttempts) {
    const endpoint = await pick(tried);
    if (endpoint === undefined) return { kind: 'failed', reason: 'no-endpoint', message };
    if (tried.has(endpoint)) break;
    tried.add(endpoint);
    const release = endpoint.begin();
    const startedAtMs = nowMs();
    try {
      const socket = await endpoint.connections.dial();
      endpoint.answered(nowMs() - startedAtMs, nowMs());
      return { kind: 'open', socket, endpoint, release };
    } catch (error) {
      release();
      endpoint.unreachable(nowMs());
      message = error instanceof Error ? error.message : String(error);
    }
  }
  return { kind: 'failed', reason: 'unreachable', message };
}
