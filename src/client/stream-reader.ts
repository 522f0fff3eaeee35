import type { ClientReadableStream } from '@grpc/grpc-js';
import { describeFailure, type Failure } from './failure.js';

/** What a stream had to say. */
export type Reading<Item> =
  | { readonly kind: 'item'; readonly item: Item }
  /** Nothing came in the time given. */
  | { readonly kind: 'quiet' }
  /** The stream is over, and stays so. */
  | { readonly kind: 'end'; readonly failure: Failure };

export interface StreamReaderOptions<Message, Item> {
  readonly call: ClientReadableStream<Message>;
  /** The server's, to describe failures with. */
  readonly address: string;
  /** Undefined for a message that says nothing, which is passed over. */
  readonly decode: (message: Message) => Item | undefined;
}

/** Reads a stream item by item, with as much patience as its reader has at the time. */
export class StreamReader<Message, Item> {
  readonly #messages: AsyncIterator<Message>;
  readonly #address: string;
  readonly #decode: (message: Message) => Item | undefined;
  #next: Promise<Reading<Item>> | undefined;

  constructor({ call, address, decode }: StreamReaderOptions<Message, Item>) {
    // The iterator reports the error; the listener keeps one that comes after the last read from being uncaught.
    call.on('error', () => {});
    this.#messages = call[Symbol.asyncIterator]();
    this.#address = address;
    this.#decode = decode;
  }

  /**
   * The next item. Waits for it as long as `patienceMs`, without limit where that is infinite; an item that comes too
   * late is what the next call returns.
   */
  async read(patienceMs: number): Promise<Reading<Item>> {
    this.#next ??= this.#readItem();
    const reading = await within(patienceMs, this.#next);
    if (reading.kind !== 'quiet') this.#next = undefined;
    return reading;
  }

  async #readItem(): Promise<Reading<Item>> {
    try {
      for (;;) {
        const { done, value } = await this.#messages.next();
        if (done === true) {
          return { kind: 'end', failure: { code: 'OK', message: 'the server ended the stream' } };
        }
        const item = this.#decode(value);
        if (item !== undefined) return { kind: 'item', item };
      }
    } catch (error) {
      return { kind: 'end', failure: describeFailure(error, this.#address) };
    }
  }
}

function within<Item>(patienceMs: number, reading: Promise<Reading<Item>>): Promise<Reading<Item>> {
  if (patienceMs === Number.POSITIVE_INFINITY) return reading;
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, patienceMs), { kind: 'quiet' });
    void reading.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
