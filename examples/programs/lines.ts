import type { Socket } from 'node:net';

/** Calls `take` with each line that comes. A client that goes away without a word is no error. */
export function onLine(socket: Socket, take: (line: string) => void): void {
  let unfinished = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = `${unfinished}${text}`.split('\n');
    unfinished = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
