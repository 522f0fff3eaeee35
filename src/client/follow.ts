import { Backoff } from '../runtime/backoff.js';
import { pause } from '../runtime/pause.js';
import { createChannel, type DestinationChannel } from './channel.js';
import { type Failure, isFinal } from './failure.js';

/** What to ask, and of whom. */
export interface Question {
  /** The control plane's proxy-facing address, `host:port`; plaintext HTTP/2. */
  readonly address: string;
  /** `name[:port]`, as a proxy would ask for it. */
  readonly authority: string;
  /** What to say about the client: JSON with `ns`, `nodeName` and `pod`, each optional. Default: nothing. */
  readonly contextToken?: string;
  /** Ends the iteration, without an event. */
  readonly signal: AbortSignal;
}

export interface FollowOptions extends Omit<Question, 'address'> {
  /** The control plane's proxy-facing address, or a channel to it that is shared and left open. */
  readonly address: string | DestinationChannel;
  /** How long a stream may stay without a first answer, connecting included. Default 3,000, which is a proxy's. */
  readonly firstAnswerMs?: number;
  /** The longest pause between two attempts; the shortest is 100 ms. Default 60,000, which is a proxy's. */
  readonly maxRetryMs?: number;
}

/** Why a follower hears nothing. */
export type Outage =
  /** The stream broke, or gave no answer. What is known stays valid; another attempt is made after `retryInMs`. */
  | { readonly kind: 'lost'; readonly failure: Failure; readonly retryInMs: number }
  /** The server says that asking is pointless. The last event. */
  | { readonly kind: 'rejected'; readonly failure: Failure };

/** How a stream left things. */
export interface StreamEnd<Known> {
  /** What is known: the last that was told, or what was known before where the stream told nothing. */
  readonly known: Known;
  /** Whether the stream told anything. */
  readonly opened: boolean;
  readonly failure: Failure;
}

/**
 * Follows one stream after another, as proxies do: every end of a stream but INVALID_ARGUMENT and FAILED_PRECONDITION is
 * followed by another attempt, after a pause that grows while streams don't open. A server that doesn't know the call at
 * all is asked again after the longest pause only: it must be replaced by another one first.
 */
export async function* followStreams<Known, Told>({
  address,
  initial,
  stream,
  signal,
  maxRetryMs = 60_000,
}: Pick<FollowOptions, 'address' | 'signal' | 'maxRetryMs'> & {
  readonly initial: Known;
  /** Follows a new stream to its end; `known` is what was told before it. */
  readonly stream: (
    channel: DestinationChannel,
    known: Known,
  ) => AsyncGenerator<Told, StreamEnd<Known>, void>;
}): AsyncGenerator<Told | Outage, void, void> {
  const backoff = new Backoff({ minMs: 100, maxMs: maxRetryMs });
  const channel = typeof address === 'string' ? createChannel(address) : address;
  let known = initial;
  try {
    while (!signal.aborted) {
      const end = yield* stream(channel, known);
      if (signal.aborted) return;

      if (isFinal(end.failure)) {
        yield { kind: 'rejected', failure: end.failure };
        return;
      }
      known = end.known;
      if (end.opened) backoff.reset();
      const retryInMs = end.failure.code === 'UNIMPLEMENTED' ? maxRetryMs : Math.round(backoff.next());
      yield { kind: 'lost', failure: end.failure, retryInMs };
      await pause(retryInMs, signal);
    }
  } finally {
    if (channel !== address) channel.close();
  }
}

/** That nothing was told because whoever asked didn't want to know any more. */
export const interrupted: Failure = { code: 'CANCELLED', message: 'interrupted' };

export function noAnswer(withinMs: number): Failure {
  return { code: 'DEADLINE_EXCEEDED', message: `no answer within ${withinMs} ms` };
}
