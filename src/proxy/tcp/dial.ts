import { connect, isIP, type Socket } from 'node:net';
import type { Direction, Observer, Target } from '../metrics/observer.js';
import { startTimer } from '../timer.js';
import { observeSocket } from './observe-socket.js';

export interface DialOptions {
  /** What is told of it may change between two connections; where it is may not. */
  readonly target: () => Target;
  readonly direction: Direction;
  readonly observer: Observer;
  /** How long the connection may take to be made, a DNS lookup included. */
  readonly timeoutMs: number;
  /** The address to connect from, for targets of its family; undefined: whichever the system chooses. */
  readonly sourceIp?: string | undefined;
  /** Whether the socket stays open for writing after its peer has ended. */
  readonly allowHalfOpen: boolean;
}

/** Makes connections to one target. Rejects with an Error whose message says what failed, in a few words. */
export type Dial = () => Promise<Socket>;

/** A peer that is gone without a word is noticed by TCP's own probes from this long after the last byte. */
export const keepAliveMs = 10_000;

export function createDial({
  target: currentTarget,
  direction,
  observer,
  timeoutMs,
  sourceIp,
  allowHalfOpen,
}: DialOptions): Dial {
  return () =>
    new Promise((resolve, reject) => {
      const target = currentTarget();
      const socket = connect({
        host: target.ip,
        port: target.port,
        ...(sourceIp !== undefined && isIP(sourceIp) === isIP(target.ip) && { localAddress: sourceIp }),
        allowHalfOpen,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: keepAliveMs,
      });
      const fail = (reason: string): void => {
        timer.cancel();
        socket.destroy();
        reject(new Error(`cannot connect to ${target.address}: ${reason}`));
      };
      const timer = startTimer(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
      const onError = (error: NodeJS.ErrnoException): void => fail(wordsFor(error));
      socket.once('error', onError);
      socket.once('connect', () => {
        timer.cancel();
        socket.off('error', onError);
        // Whoever uses the socket hears of its end by `close`; an error must not go unheard in between.
        socket.on('error', () => {});
        observeSocket(socket, { direction, peer: 'dst', target, observer });
        resolve(socket);
      });
    });
}

const words = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['EHOSTUNREACH', 'no route to it'],
  ['ENETUNREACH', 'no route to it'],
  ['ENOTFOUND', 'the name does not resolve'],
  ['EAI_AGAIN', 'the name does not resolve'],
]);

function wordsFor({ code, message }: NodeJS.ErrnoException): string {
  return words.get(code ?? '') ?? code ?? message;
}
