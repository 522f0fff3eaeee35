import type { Socket } from 'node:net';
import { hasMethods } from './has-methods.js';

export interface IntakeOptions {
  /** How long a turn of the event loop may be busy with what clients want before the others have to wait; default 10 ms. */
  readonly maxTurnMs?: number;
}

/**
 * Takes no more from clients in a turn of the event loop than can be served in one.
 *
 * After a restart all clients are back at once, and each opens all its streams with its first packet. Node reads whatever
 * has arrived before it turns to timers and other sockets: thousands of streams, and seconds in which a probe gets no answer
 * and nobody is told anything. So once a turn has taken long enough, no connection is read any further. Turn by turn they
 * come to be read again, in order, as many at a time as the turns before have shown to be few enough.
 */
export class Intake {
  readonly #maxTurnMs: number;
  readonly #reading = new Set<Socket>();
  /** Connections that are not read, in the order of their turn. */
  readonly #held = new Set<Socket>();
  /** How many of them are read again each turn. */
  #pace = 1;
  #turnStartedMs = 0;
  #isTurning = false;

  constructor({ maxTurnMs = 10 }: IntakeOptions = {}) {
    this.#maxTurnMs = maxTurnMs;
  }

  /** How many connections are held at the moment. */
  get held(): number {
    return this.#held.size;
  }

  /** A connection is in service, until it closes. Where others are held, it has its turn behind them. */
  add(socket: Socket): void {
    this.#reading.add(socket);
    if (this.#held.size > 0) this.#hold(socket);
    socket.once('close', () => {
      this.#reading.delete(socket);
      this.#held.delete(socket);
    });
    this.spend();
  }

  /** To be called whenever something that a client wants takes time, before or after it. */
  spend(): void {
    if (!this.#isTurning) this.#turn();
    else if (this.#reading.size > 0 && this.#tookMs > this.#maxTurnMs) {
      for (const socket of this.#reading) if (!this.#hold(socket)) return;
    }
  }

  get #tookMs(): number {
    return performance.now() - this.#turnStartedMs;
  }

  #turn(): void {
    this.#isTurning = true;
    this.#turnStartedMs = performance.now();
    // Runs when everything that had arrived has been read, or held.
    setImmediate(() => this.#onTurned());
  }

  #onTurned(): void {
    this.#isTurning = false;
    if (this.#held.size === 0) return;
    const tookMs = this.#tookMs;
    if (tookMs > this.#maxTurnMs) this.#pace = Math.max(1, this.#pace >>> 1);
    else if (2 * tookMs < this.#maxTurnMs) this.#pace = Math.min(2 * this.#pace, this.#held.size);
    this.#turn();
    let left = this.#pace;
    for (const socket of this.#held) {
      if (left-- === 0) return;
      this.#held.delete(socket);
      this.#reading.add(socket);
      handleOf(socket)?.readStart();
    }
  }

  /** Returns false where that isn't possible. */
  #hold(socket: Socket): boolean {
    const handle = handleOf(socket);
    if (handle === undefined) return socket.destroyed;
    handle.readStop();
    this.#reading.delete(socket);
    this.#held.add(socket);
    return true;
  }
}

interface Handle {
  readStart(): unknown;
  readStop(): unknown;
}

/**
 * What Node reads a connection by. It is not public, but `pause` does nothing to a socket that HTTP/2 has taken over.
 * Undefined for one that is closed, and where a later Node has it elsewhere: nothing is held then.
 */
function handleOf(socket: Socket): Handle | undefined {
  if (!('_handle' in socket)) return undefined;
  const { _handle: handle } = socket;
  return isHandle(handle) ? handle : undefined;
}

function isHandle(handle: unknown): handle is Handle {
  return hasMethods(handle, 'readStart', 'readStop');
}
