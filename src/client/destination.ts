import { followStream, type Opening, type ToldEvent } from './endpoint-stream.js';
import type { Failure } from './failure.js';
import { type FollowOptions, followStreams, interrupted, type Outage, type Question } from './follow.js';
import type { ToldEndpoint } from './told-endpoint.js';
import { unknownSet } from './told-set.js';

export interface FollowEndpointsOptions extends FollowOptions {
  /** When the set that a stream opens with counts as told. Default `settled`. */
  readonly opening?: Opening;
}

/** What a follower of a service sees. */
export type EndpointEvent = ToldEvent | Outage;

/** The endpoints of a service once, or why there is no answer. */
export type Answer =
  | { readonly ok: true; readonly exists: boolean; readonly endpoints: readonly ToldEndpoint[] }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Follows the endpoints of a service by the rules of linkerd2-proxy: the first set of every stream replaces all that
 * was known, later additions insert and replace, removals delete; what is known survives a lost connection; every end
 * of a stream but INVALID_ARGUMENT and FAILED_PRECONDITION is followed by another attempt.
 *
 * A first set that comes in several messages is one snapshot by default. The contract doesn't mark the last of them, so
 * the set counts as complete with the first message that can't be part of it, or when nothing has come for a moment
 * (0.1 s; 1 s behind a large part). A proxy is hastier, for requests wait on it: see `Opening`.
 *
 * A message that changes nothing makes no event.
 */
export function followEndpoints({
  address,
  authority,
  contextToken = '',
  signal,
  firstAnswerMs = 3_000,
  opening = 'settled',
  ...retry
}: FollowEndpointsOptions): AsyncGenerator<EndpointEvent, void, void> {
  return followStreams({
    ...retry,
    address,
    initial: unknownSet,
    stream: (channel, known) =>
      followStream(channel.client.get({ scheme: '', path: authority, contextToken }), {
        address: channel.address,
        firstAnswerMs,
        known,
        opening,
        signal,
      }),
    signal,
  });
}

/** Asks once, with no second attempt. `timeoutMs` is for everything until the answer. */
export async function getEndpoints({
  timeoutMs,
  ...question
}: Question & { readonly timeoutMs: number }): Promise<Answer> {
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
  return { ok: false, failure: interrupted };
}
