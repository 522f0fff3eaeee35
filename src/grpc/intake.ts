import type { Socket } from 'node:net';

export interface IntakeOptions {
  /** Takes a connection into service. */
  readonly admit: (socket: Socket) => void;
  /** How long a turn of the event loop may take before fewer connections are let in; default 10 ms. */
  readonly maxTurnMs?: number;
}

/**
 * Lets connections in no faster than the process can take what they ask.
 *
 * When a control plane restarts, all its clients are back at once, and each opens all its streams with its first packet.
 * Node takes whatever has arrived in one turn of the event loop: thousands of streams, for seconds in which no timer runs
 * and nobody who was served is told anything. So connections that come together wait here, unread, while those before them
 * are served, and each turn lets in as many as the turns before it have shown to be few enough.
 */
export class Intake {
  readonly #admit: (socket: Socket) => void;
  readonly #maxTurnMs: number;
  readonly #waiting = new Set<Socket>();
  /** How many are let in each turn while there is a queue. */
  #pace = 1;
  #turnStartedMs = 0;
  #isTurning = false;

  constructor({ admit, maxTurnMs = 10 }: IntakeOptions) {
    this.#admit = admit;
    this.#maxTurnMs = maxTurnMs;
  }

  /** Connections that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** A client has connected: `socket` is paused. */
  add(socket: Socket): void {
    if (!this.#isTurning) {
      this.#turn();
      this.#let(socket);
      return;
    }
    this.#waiting.add(socket);
    socket.once('close', () => this.#waiting.delete(socket));
  }

  #turn(): void {
    this.#isTurning = true;
    this.#turnStartedMs = performance.now();
    // Comes when all input of a turn has been taken.
    setImmediate(() => this.#onTurned());
  }

  #onTurned(): void {
    if (this.#waiting.size === 0) {
      this.#isTurning = false;
      this.#pace = 1;
      return;
    }
    const tookMs = performance.now() - this.#turnStartedMs;
    if (tookMs > this.#maxTurnMs) this.#pace = Math.max(1, this.#pace >>> 1);
    else if (2 * tookMs < this.#maxTurnMs) this.#pace += 1;
    this.#turn();
    let left = this.#pace;
    for (const socket of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(socket);
      this.#let(socket);
    }
  }

  #let(socket: Socket): void {
    if (socket.destroyed) return;
    this.#admit(socket);
    socket.resume();
  }
}
