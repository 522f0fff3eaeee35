import type { BodyReceiver, BodySource } from './body.js';
import type { Fields } from './fields.js';

type End =
  | { readonly kind: 'complete'; readonly trailers: Fields }
  | { readonly kind: 'failed'; readonly code: number };

/**
 * The content of a request that may have to be sent more than once. What has passed is kept up to a limit; beyond it,
 * or after `commit`, nothing is kept and there can be no further attempt.
 */
export class ReplayableBody {
  readonly #source: BodySource;
  readonly #maxBytes: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isCommitted = false;
  #isStarted = false;
  #end: End | undefined;
  #attempt: Attempt | undefined;

  constructor(source: BodySource, { maxBytes }: { readonly maxBytes: number }) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  /** Whether another attempt would get the content from its beginning. */
  get isReplayable(): boolean {
    return !this.#isCommitted;
  }

  /** Whether any of it has been asked for. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** The content from its beginning. The attempt before gets nothing more. */
  attempt(): BodySource {
    const attempt: Attempt = new Attempt({
      queue: [...this.#kept],
      end: () => this.#end,
      pull: () => this.#pull(),
      cancel: () => {
        if (this.#attempt === attempt) this.#attempt = undefined;
      },
    });
    this.#attempt = attempt;
    return attempt;
  }

  /** There won't be another attempt. */
  commit(): void {
    this.#isCommitted = true;
    this.#kept = [];
  }

  /** Nobody wants the content any more. */
  cancel(code: number): void {
    this.#attempt = undefined;
    this.commit();
    if (this.#end === undefined) this.#source.cancel(code);
  }

  /** Takes what is left and drops it, so that a client can finish what it sends before it reads. */
  discard(): void {
    this.#attempt = undefined;
    this.commit();
    this.#pull();
  }

  #pull(): void {
    if (this.#isStarted) {
      this.#source.resume();
      return;
    }
    this.#isStarted = true;
    this.#source.start({
      data: (chunk) => {
        this.#keep(chunk);
        // Between two attempts what comes waits; behind the last one it is of no use.
        return this.#attempt?.deliver(chunk) ?? this.#isCommitted;
      },
      end: (trailers) => this.#finish({ kind: 'complete', trailers }),
      fail: (code) => this.#finish({ kind: 'failed', code }),
    });
  }

  #keep(chunk: Buffer): void {
    if (this.#isCommitted) return;
    this.#keptBytes += chunk.length;
    this.#kept.push(chunk);
    if (this.#keptBytes > this.#maxBytes) this.commit();
  }

  #finish(end: End): void {
    this.#end = end;
    this.#attempt?.flush();
  }
}

interface AttemptOptions {
  /** What had come before. */
  readonly queue: Buffer[];
  readonly end: () => End | undefined;
  /** Asks for what comes next. */
  readonly pull: () => void;
  readonly cancel: () => void;
}

/** One reading of the content: what had come before, then what comes. */
class Attempt implements BodySource {
  readonly #options: AttemptOptions;
  #receiver: BodyReceiver | undefined;
  #isHeld = false;
  #isOver = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  start(receiver: BodyReceiver): void {
    this.#receiver = receiver;
    this.resume();
  }

  resume(): void {
    this.#isHeld = false;
    this.flush();
    if (!this.#isHeld && !this.#isOver) this.#options.pull();
  }

  cancel(): void {
    this.#isOver = true;
    this.#options.cancel();
  }

  deliver(chunk: Buffer): boolean {
    this.#options.queue.push(chunk);
    this.flush();
    return !this.#isHeld;
  }

  /** Delivers what there is until the receiver has had enough. */
  flush(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    const { queue } = this.#options;
    while (!this.#isHeld && !this.#isOver) {
      const chunk = queue.shift();
      if (chunk === undefined) break;
      if (!receiver.data(chunk)) this.#isHeld = true;
    }
    const end = this.#options.end();
    if (this.#isHeld || this.#isOver || end === undefined) return;
    this.#isOver = true;
    if (end.kind === 'complete') receiver.end(end.trailers);
    else receiver.fail(end.code);
  }
}
