import type { OutgoingMessage } from 'node:http';
import type { BodySink } from './body.js';
import type { Fields } from './fields.js';

export interface Http1SinkOptions {
  /** Only chunked content can be followed by trailers. */
  readonly isChunked: boolean;
  readonly abort: () => void;
}

/** The content of a request or a response that is being sent, its head being given. */
export class Http1Sink implements BodySink {
  onDrain: () => void = () => {};
  readonly #message: OutgoingMessage;
  readonly #options: Http1SinkOptions;

  constructor(message: OutgoingMessage, options: Http1SinkOptions) {
    this.#message = message;
    this.#options = options;
    message.on('drain', () => this.onDrain());
  }

  write(chunk: Buffer): boolean {
    // That the peer has left is told elsewhere; until that is acted on, what comes is dropped.
    return this.#message.destroyed || this.#message.write(chunk);
  }

  end(trailers: Fields): void {
    if (this.#message.destroyed) return;
    if (this.#options.isChunked && trailers.length > 0) this.#message.addTrailers(pairs(trailers));
    this.#message.end();
  }

  abort(): void {
    this.#options.abort();
  }
}

function pairs(fields: Fields): [string, string][] {
  const result: [string, string][] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    result.push([fields[index] ?? '', fields[index + 1] ?? '']);
  }
  return result;
}

/** Sends the head together with content that comes at once, and without it where none does. */
export function flushSoon(message: OutgoingMessage): void {
  setImmediate(() => {
    if (!message.destroyed) message.flushHeaders();
  });
}
