import { type Socket, connect, createServer } from 'node:net';
import { onLine } from './lines.js';
import { type Peer, tcpTarget } from './mesh.js';
import { listenHost } from './settings.js';
import { onStop } from './stop.js';

/** What the pods of the stock tell each other, as a line of JSON over plain TCP. */
export interface Sale {
  readonly item: string;
  readonly left: number;
}

const retryMs = 1_000;

/** Hears from the other pods what they sold, and tells them. A pod that isn't there misses what is said meanwhile. */
export function joinPeers(options: {
  readonly port: number;
  readonly peers: readonly Peer[];
  readonly onSale: (sale: Sale) => void;
}): { readonly tell: (sale: Sale) => void } {
  const { port, peers, onSale } = options;
  const open = new Set<Socket>();
  const listeners = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;

  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    onLine(socket, (line) => {
      const sale = saleOf(line);
      if (sale) onSale(sale);
      else console.log(`a peer says what makes no sense: ${line}`);
    });
  });
  server.listen(port, listenHost, () => console.log(`listening on ${listenHost}:${port} (peers)`));

  const call = (peer: Peer): void => {
    const socket = connect(tcpTarget(peer));
    open.add(socket);
    socket.on('connect', () => listeners.add(socket));
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      listeners.delete(socket);
      if (stopping) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        call(peer);
      }, retryMs);
      timers.add(timer);
    });
    socket.resume();
  };
  for (const peer of peers) call(peer);

  onStop(
    () =>
      new Promise((resolve) => {
        stopping = true;
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  );
  return {
    tell: (sale) => {
      for (const socket of listeners) socket.write(`${JSON.stringify(sale)}\n`);
    },
  };
}

function saleOf(line: string): Sale | undefined {
  try {
    const { item, left } = JSON.parse(line);
    return { item: String(item), left: Number(left) };
  } catch {
    return undefined;
  }
}
