import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { BodySink } from './body.js';
import { type Fields, noFields } from './fields.js';
import { toHttp2Headers } from './http2-fields.js';

type SendingStream = Duplex & Pick<ServerHttp2Stream, 'closed' | 'sendTrailers'>;

/** The sending half of a stream whose head has been sent with `waitForTrailers`. */
export class Http2Sink implements BodySink {
  onDrain: () => void = () => {};
  readonly #stream: SendingStream;
  readonly #reset: (code: number) => void;
  #trailers: Fields = noFields;

  constructor(stream: SendingStream, reset: (code: number) => void) {
    this.#stream = stream;
    this.#reset = reset;
    stream.on('drain', () => this.onDrain());
    stream.on('wantTrailers', () => {
      if (!stream.destroyed && !stream.closed) stream.sendTrailers(toHttp2Headers(this.#trailers));
    });
  }

  write(chunk: Buffer): boolean {
    if (this.#stream.destroyed || this.#stream.closed) return true;
    return this.#stream.write(chunk);
  }

  end(trailers: Fields): void {
    if (this.#stream.destroyed || this.#stream.closed) return;
    this.#trailers = trailers;
    this.#stream.end();
  }

  abort(code: number): void {
    this.#reset(code);
  }
}
