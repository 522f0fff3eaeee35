import type { ClientReadableStream } from '@grpc/grpc-js';
import type { Update } from '../gen/io/linkerd/proxy/destination/destination.js';
import { describeFailure, type Failure } from './failure.js';
import { decodeStep, type Step } from './told-set.js';

/** What a stream had to say. */
export type Reading =
  | { readonly kind: 'step'; readonly step: Step }
  /** Nothing came in the time given. */
  | { readonly kind: 'quiet' }
  /** The stream is over, and stays so. */
  | { readonly kind: 'end'; readonly failure: Failure };

/** Reads one Get stream step by step, passing over messages that say nothing. */
export class UpdateReader {
  readonly #messages: AsyncIterator<Update>;
  readonly #address: string;
  #next: Promise<Reading> | undefined;

  /** `address` is the server's, to describe failures with. */
  constructor(call: ClientReadableStream<Update>, address: string) {
    // The iterator reports the error; the listener keeps one that comes after the last read from being uncaught.
    call.on('error', () => {});
    this.#messages = call[Symbol.asyncIterator]();
    this.#address = address;
  }

  /**
   * The next step. Waits for it as long as `patienceMs`, without limit where that is infinite; a step that comes too
   * late is what the next call returns.
   */
  async read(patienceMs: number): Promise<Reading> {
    this.#next ??= this.#readStep();
    const reading = await within(patienceMs, this.#next);
    if (reading.kind !== 'quiet') this.#next = undefined;
    return reading;
  }

  async #readStep(): Promise<Reading> {
    try {
      for (;;) {
        const { done, value } = await this.#messages.next();
        if (done === true) {
          return { kind: 'end', failure: { code: 'OK', message: 'the server ended the stream' } };
        }
        const step = decodeStep(value);
        if (step !== undefined) return { kind: 'step', step };
      }
    } catch (error) {
      return { kind: 'end', failure: describeFailure(error, this.#address) };
    }
  }
}

function within(patienceMs: number, reading: Promise<Reading>): Promise<Reading> {
  if (patienceMs === Number.POSITIVE_INFINITY) return reading;
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, patienceMs), { kind: 'quiet' });
    void reading.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
