import type { Readable } from 'node:stream';
import type { Fields } from './fields.js';

/** The content of a message as it comes. Nothing comes before `start`, which is called at most once. */
export interface BodySource {
  start(receiver: BodyReceiver): void;
  /** Goes on after the receiver had enough. */
  resume(): void;
  /** Wants no more: what still comes is not delivered, and whoever sends is told where the protocol can. */
  cancel(code: number): void;
}

/** Exactly one of `end` and `fail` is called, last. */
export interface BodyReceiver {
  /** Returns false to hold back what follows until `resume`. */
  data(chunk: Buffer): boolean;
  end(trailers: Fields): void;
  fail(code: number): void;
}

/** Where content goes. */
export interface BodySink {
  /** Returns false once enough waits to be sent; `onDrain` is called when there is room. */
  write(chunk: Buffer): boolean;
  end(trailers: Fields): void;
  /** Ends it in a way that the peer can't take for a regular end. */
  abort(code: number): void;
  /** Set by the writer. */
  onDrain: () => void;
}

export interface Transferred {
  readonly bytes: number;
  readonly end:
    | { readonly kind: 'complete'; readonly trailers: Fields }
    | { readonly kind: 'failed'; readonly code: number };
}

/** Moves all content from a source to a sink, as fast as both allow. `onEnd` is called once. */
export function transfer(source: BodySource, sink: BodySink, onEnd: (result: Transferred) => void): void {
  let bytes = 0;
  sink.onDrain = () => source.resume();
  source.start({
    data: (chunk) => {
      bytes += chunk.length;
      return sink.write(chunk);
    },
    end: (trailers) => {
      sink.end(trailers);
      onEnd({ bytes, end: { kind: 'complete', trailers } });
    },
    fail: (code) => {
      sink.abort(code);
      onEnd({ bytes, end: { kind: 'failed', code } });
    },
  });
}

export interface ReadableBodyOptions {
  readonly stream: Readable;
  /** What followed the content; asked at its end. */
  readonly trailers: () => Fields;
  /** Whether what has come is the whole; asked when the stream says that it is over. */
  readonly isComplete: () => boolean;
  /** Why it broke, asked when it did. */
  readonly failureCode: () => number;
  readonly cancel: (code: number) => void;
}

/** The content of a message that Node delivers as a stream. */
export class ReadableBody implements BodySource {
  readonly #options: ReadableBodyOptions;
  #receiver: BodyReceiver | undefined;
  #isOver = false;

  constructor(options: ReadableBodyOptions) {
    this.#options = options;
    const { stream } = options;
    // A stream that fails before anybody listens must not take the process with it.
    stream.on('error', () => this.#fail());
    stream.on('close', () => this.#fail());
  }

  start(receiver: BodyReceiver): void {
    const { stream, isComplete, trailers } = this.#options;
    this.#receiver = receiver;
    if (this.#isOver || (stream.destroyed && !stream.readableEnded)) {
      this.#isOver = true;
      receiver.fail(this.#options.failureCode());
      return;
    }
    stream.on('data', (chunk: Buffer) => {
      if (!this.#isOver && !receiver.data(chunk)) stream.pause();
    });
    stream.on('end', () => {
      if (this.#isOver) return;
      if (!isComplete()) {
        this.#fail();
        return;
      }
      this.#isOver = true;
      receiver.end(trailers());
    });
  }

  resume(): void {
    this.#options.stream.resume();
  }

  cancel(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.cancel(code);
  }

  #fail(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#receiver?.fail(this.#options.failureCode());
  }
}
