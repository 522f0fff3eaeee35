import { Backoff } from '../runtime/backoff.js';
import { createChannel, type DestinationChannel, pause } from './channel.js';
import { followStream, type ToldEvent } from './endpoint-stream.js';
import { type Failure, isFinal } from './failure.js';
import type { ToldEndpoint } from './told-endpoint.js';
import { unknownSet } from './told-set.js';

export interface FollowOptions {
  /** The control plane: its proxy-facing address, `host:port`; or a channel that is shared, and left open. */
  readonly address: string | DestinationChannel;
  /** `name[:port]`, as a proxy would ask for it. */
  readonly authority: string;
  /** What to say about the client: JSON with `ns`, `nodeName` and `pod`, each optional. Default: nothing. */
  readonly contextToken?: string;
  /** Ends the iteration, without an event. */
  readonly signal: AbortSignal;
  /** How long a stream may stay without a first step, connecting included. Default 3,000, which is a proxy's. */
  readonly firstAnswerMs?: number;
  /** The longest pause between two attempts; the shortest is 100 ms. Default 60,000, which is a proxy's. */
  readonly maxRetryMs?: number;
  /**
   * When the set that a stream opens with counts as told. `settled`: once all its parts are there; for readers.
   * `first-part`: with the first of them, later ones being changes; for proxies, whose requests wait. Default `settled`.
   */
  readonly opening?: 'settled' | 'first-part';
}

/** What a follower of a service sees. */
export type EndpointEvent =
  | ToldEvent
  /** The stream broke, or gave no answer. What is known stays valid; another attempt is made after `retryInMs`. */
  | { readonly kind: 'lost'; readonly failure: Failure; readonly retryInMs: number }
  /** The server says that asking is pointless. The last event. */
  | { readonly kind: 'rejected'; readonly failure: Failure };

/** The endpoints of a service once, or why there is no answer. */
export type Answer =
  | { readonly ok: true; readonly exists: boolean; readonly endpoints: readonly ToldEndpoint[] }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Follows the endpoints of a service by the rules of linkerd2-proxy: the first set of every stream replaces all that
 * was known, later additions insert and replace, removals delete; what is known survives a lost connection; every end
 * of a stream but INVALID_ARGUMENT and FAILED_PRECONDITION is followed by another attempt.
 *
 * By default it differs where a proxy can afford to be hasty and a reader can't: a first set that comes in several
 * messages is one snapshot. The contract doesn't mark the last of them, so the set counts as complete with the first message
 * that can't be part of it, or when nothing has come for a moment (0.1 s; 1 s behind a large part).
 *
 * A message that changes nothing makes no event.
 */
export async function* followEndpoints({
  address,
  authority,
  contextToken = '',
  signal,
  firstAnswerMs = 3_000,
  maxRetryMs = 60_000,
  opening = 'settled',
}: FollowOptions): AsyncGenerator<EndpointEvent, void, void> {
  const channel = typeof address === 'string' ? createChannel(address) : address;
  const backoff = new Backoff({ minMs: 100, maxMs: maxRetryMs });
  let known = unknownSet;
  try {
    while (!signal.aborted) {
      const call = channel.client.get({ scheme: '', path: authority, contextToken });
      const end = yield* followStream(call, {
        address: channel.address,
        firstAnswerMs,
        known,
        signal,
        opening,
      });
      if (signal.aborted) return;

      if (isFinal(end.failure)) {
        yield { kind: 'rejected', failure: end.failure };
        return;
      }
      known = end.known;
      if (end.opened) backoff.reset();
      const retryInMs = Math.round(backoff.next());
      yield { kind: 'lost', failure: end.failure, retryInMs };
      await pause(retryInMs, signal);
    }
  } finally {
    if (channel !== address) channel.close();
  }
}

/** Asks once, with no second attempt. `timeoutMs` is for everything until the answer. */
export async function getEndpoints({
  timeoutMs,
  ...question
}: {
  readonly address: string;
  readonly authority: string;
  readonly contextToken?: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}): Promise<Answer> {
  for await (const event of followEndpoints({ ...question, firstAnswerMs: timeoutMs })) {
    switch (event.kind) {
      case 'snapshot':
      case 'change':
        return { ok: true, exists: event.exists, endpoints: event.endpoints };
      case 'lost':
      case 'rejected':
        return { ok: false, failure: event.failure };
    }
  }
  return { ok: false, failure: { code: 'CANCELLED', message: 'interrupted' } };
}
