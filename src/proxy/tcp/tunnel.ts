import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface TunnelEnd {
  /** Bytes from the first to the second, and back. */
  readonly forth: number;
  readonly back: number;
  /** Whether either end broke off. */
  readonly isBroken: boolean;
}

/**
 * Passes bytes both ways until both ends are done. Either may end its half first; where one breaks, so does the other, in
 * a way that can't be taken for a regular end.
 * `onEnd` is called once.
 */
export function tunnel(first: Duplex, second: Duplex, onEnd: (end: TunnelEnd) => void): void {
  let open = 2;
  let isBroken = false;
  const count = { forth: 0, back: 0 };
  first.allowHalfOpen = true;
  second.allowHalfOpen = true;
  for (const [stream, other] of [
    [first, second],
    [second, first],
  ] as const) {
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      if (!stream.readableEnded || !stream.writableFinished) {
        isBroken = true;
        breakOff(other);
      }
      open -= 1;
      if (open === 0) onEnd({ ...count, isBroken });
    });
  }
  pump(first, second, (bytes) => {
    count.forth += bytes;
  });
  pump(second, first, (bytes) => {
    count.back += bytes;
  });
}

function pump(from: Duplex, to: Duplex, onBytes: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    onBytes(chunk.length);
    if (!to.destroyed && !to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  if (from.readableEnded) to.end();
  else from.on('end', () => to.end());
  if (from.destroyed) breakOff(to);
}

function breakOff(stream: Duplex): void {
  if (stream instanceof Socket) stream.resetAndDestroy();
  else stream.destroy(new Error('the other end broke off'));
}
