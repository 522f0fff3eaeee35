import type { Socket } from 'node:net';
import type { Direction, Observer, Target } from '../metrics/observer.js';

/** Tells of a socket's life. To be called when it opens. */
export function observeSocket(
  socket: Socket,
  {
    observer,
    ...about
  }: {
    readonly observer: Observer;
    readonly direction: Direction;
    readonly peer: 'src' | 'dst';
    readonly target: Target | undefined;
  },
): void {
  const observed = observer.connection({
    ...about,
    remoteIp: socket.remoteAddress ?? '',
    bytes: () => ({ read: socket.bytesRead, written: socket.bytesWritten }),
  });
  let errno: string | undefined;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    errno ??= error.code;
  });
  socket.on('close', () => observed.closed(errno));
}
