import type { ClientDuplexStream } from '@grpc/grpc-js';
import { describeFailure, type Failure } from '../../client/failure.js';
import type { ReportRequest, ReportResponse } from '../../gen/conduit/telemetry/v1/telemetry.js';

/** What came of waiting for an answer. */
export type Answer =
  | { readonly kind: 'response'; readonly response: ReportResponse }
  | { readonly kind: 'over'; readonly failure: Failure }
  | { readonly kind: 'late' };

/** Answers that nobody has asked for yet. There is one at a time, of a server that keeps to the contract. */
const maxUnread = 16;

/** One call of Report. */
export class ReportCall {
  /** Aborted when the call is over. */
  readonly over: AbortSignal;
  readonly #call: ClientDuplexStream<ReportRequest, ReportResponse>;
  #failure: Failure | undefined;
  readonly #unread: ReportResponse[] = [];
  #onNews: () => void = () => {};

  /** `address` is the server's, for messages. */
  constructor(call: ClientDuplexStream<ReportRequest, ReportResponse>, address: string) {
    this.#call = call;
    const over = new AbortController();
    this.over = over.signal;
    const end = (failure: Failure): void => {
      this.#failure ??= failure;
      over.abort();
      this.#onNews();
    };
    call.on('data', (response: ReportResponse) => {
      this.#unread.push(response);
      if (this.#unread.length > maxUnread) this.#unread.shift();
      this.#onNews();
    });
    call.on('error', (error) => end(describeFailure(error, address)));
    call.on('end', () => {
      // Where the call failed, 'error' comes behind this.
      setImmediate(() => end({ code: 'OK', message: 'the server ended the call' }));
    });
  }

  /** Why it is over; undefined while it isn't. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  send(message: ReportRequest): void {
    if (this.#failure === undefined) this.#call.write(message);
  }

  /** The next answer, the end of the call, or neither of them in time. One waits at a time. */
  async receive(timeoutMs: number): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    if (this.#unread.length === 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
        timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
    }
    const response = this.#unread.shift();
    if (response !== undefined) return { kind: 'response', response };
    return this.#failure === undefined ? { kind: 'late' } : { kind: 'over', failure: this.#failure };
  }

  /** Nothing more is sent; the server may still answer. */
  end(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }
}
