import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { listen } from '../runtime/listen.js';

/** A listener on loopback whose connections go elsewhere. */
export interface PortTunnel {
  /** `127.0.0.1:34567`. */
  readonly address: string;
  /** Why the last connection failed or broke; undefined where none did. */
  problem(): string | undefined;
  /** Ends all connections. */
  close(): void;
}

/**
 * Listens on a free port of loopback and opens a connection for each one that is made to it. The first is opened at once:
 * throws what `open` throws, so that who can't get through is told why. Whoever is on this machine can use it, as with
 * `kubectl port-forward`.
 */
export async function openPortTunnel(open: () => Promise<Duplex>): Promise<PortTunnel> {
  let ready: Duplex | undefined = await open();
  const sockets = new Set<Duplex>();
  let problem: string | undefined;
  const note = (error: unknown): void => {
    problem = error instanceof Error ? error.message : String(error);
  };
  const keep = (stream: Duplex): void => {
    sockets.add(stream);
    stream.on('close', () => sockets.delete(stream));
  };
  keep(ready);
  ready.on('error', note);

  const connect = async (socket: Socket): Promise<void> => {
    const taken = ready?.destroyed === false ? ready : undefined;
    ready = undefined;
    const far = taken ?? (await open());
    if (taken === undefined) {
      keep(far);
      far.on('error', note);
    }
    pipeline(socket, far, () => socket.destroy());
    pipeline(far, socket, () => far.destroy());
  };
  const server = createServer((socket) => {
    keep(socket);
    socket.on('error', () => socket.destroy());
    connect(socket).catch((error: unknown) => {
      note(error);
      socket.destroy();
    });
  });
  try {
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
    return {
      address: `127.0.0.1:${port}`,
      problem: () => problem,
      close: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  } catch (error) {
    ready.destroy();
    throw error;
  }
}
