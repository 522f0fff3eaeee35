export interface DeliveryOptions {
  readonly streams: number;
  /** A stream has all of it. */
  readonly onStream?: (stream: number) => void;
  /** The last stream has, at this time of the system's monotonic clock. */
  readonly onDone: (atMs: number) => void;
  readonly onProblem: (problem: string) => void;
}

/**
 * One gRPC message on its way to many streams: all of it must arrive on each, byte for byte the same.
 *
 * The first stream that brings a byte sets what all others are compared with, so nothing is kept but one copy.
 */
export class Delivery {
  readonly #received: Uint32Array;
  readonly #options: DeliveryOptions;
  #message = Buffer.alloc(64 * 1_024);
  #known = 0;
  #complete = 0;

  constructor(options: DeliveryOptions) {
    this.#received = new Uint32Array(options.streams);
    this.#options = options;
  }

  /** The message without its prefix; whole when it is done. */
  get message(): Buffer {
    return this.#message.subarray(prefixBytes, this.#known);
  }

  get isDone(): boolean {
    return this.#complete === this.#received.length;
  }

  /** How far it is, for who waits in vain. */
  toString(): string {
    return `${this.#complete} of ${this.#received.length} streams have all of the message, of which ${this.#known} bytes are known`;
  }

  receive(stream: number, chunk: Buffer, start: number, end: number): void {
    const offset = this.#received[stream];
    if (offset === undefined) {
      this.#options.onProblem(`data on stream ${stream}, which was not opened`);
      return;
    }
    const overlap = Math.min(end - start, this.#known - offset);
    if (overlap > 0 && this.#message.compare(chunk, start, start + overlap, offset, offset + overlap) !== 0) {
      this.#options.onProblem(
        `stream ${stream} was told something else, between byte ${offset} and ${offset + overlap}`,
      );
    }
    if (overlap < end - start) this.#learn(chunk, start + overlap, end);
    const received = offset + end - start;
    this.#received[stream] = received;
    const total =
      this.#known < prefixBytes ? Number.POSITIVE_INFINITY : prefixBytes + this.#message.readUInt32BE(1);
    if (received > total) this.#options.onProblem(`stream ${stream} was told more than one message`);
    if (received !== total) return;
    this.#complete += 1;
    this.#options.onStream?.(stream);
    if (this.isDone) this.#options.onDone(monotonicMs());
  }

  #learn(chunk: Buffer, start: number, end: number): void {
    const needed = this.#known + end - start;
    if (needed > this.#message.length) {
      this.#message = Buffer.concat([this.#message], Math.max(needed, 2 * this.#message.length));
    }
    chunk.copy(this.#message, this.#known, start, end);
    this.#known = needed;
  }
}

/** Of the clock that all processes of the machine share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** "Length-Prefixed-Message" of gRPC over HTTP/2: a flag byte, and the length in four. */
const prefixBytes = 5;
