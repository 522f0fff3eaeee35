import type { ClientReadableStream } from '@grpc/grpc-js';
import type { DestinationProfile } from '../gen/io/linkerd/proxy/destination/destination.js';
import { Backoff } from '../runtime/backoff.js';
import { type DestinationChannel, pause } from './channel.js';
import { describeFailure, type Failure, isFinal } from './failure.js';
import { decodeProfile, type ToldProfile } from './told-profile.js';

export interface FollowProfileOptions {
  /** Left open. */
  readonly channel: DestinationChannel;
  /** `name[:port]` or `ip:port`. */
  readonly authority: string;
  /** What to say about the client: JSON with `ns`, `nodeName` and `pod`, each optional. Default: nothing. */
  readonly contextToken?: string;
  /** Ends the iteration, without an event. */
  readonly signal: AbortSignal;
  /** How long a stream may stay without a first message. Default 3,000, which is a proxy's. */
  readonly firstAnswerMs?: number;
  /** The longest pause between two attempts; the shortest is 100 ms. Default 60,000, which is a proxy's. */
  readonly maxRetryMs?: number;
}

/** What a follower of a profile sees. */
export type ProfileEvent =
  /** The profile as it is; it replaces the one before. */
  | { readonly kind: 'profile'; readonly profile: ToldProfile }
  /** The stream broke, or gave no answer. What is known stays valid; another attempt is made after `retryInMs`. */
  | { readonly kind: 'lost'; readonly failure: Failure; readonly retryInMs: number }
  /** The server says that asking is pointless. The last event. */
  | { readonly kind: 'rejected'; readonly failure: Failure };

/**
 * Follows the profile of a destination by the rules of linkerd2-proxy: every end of a stream but INVALID_ARGUMENT and
 * FAILED_PRECONDITION is followed by another attempt. A server that doesn't know the call is asked again after the
 * longest pause only: it must be replaced by another one first.
 */
export async function* followProfile({
  channel,
  authority,
  contextToken = '',
  signal,
  firstAnswerMs = 3_000,
  maxRetryMs = 60_000,
}: FollowProfileOptions): AsyncGenerator<ProfileEvent, void, void> {
  const backoff = new Backoff({ minMs: 100, maxMs: maxRetryMs });
  while (!signal.aborted) {
    const call = channel.client.getProfile({ scheme: '', path: authority, contextToken });
    const end = yield* followStream(call, { address: channel.address, firstAnswerMs, signal });
    if (signal.aborted) return;

    if (isFinal(end.failure)) {
      yield { kind: 'rejected', failure: end.failure };
      return;
    }
    if (end.opened) backoff.reset();
    const retryInMs = end.failure.code === 'UNIMPLEMENTED' ? maxRetryMs : Math.round(backoff.next());
    yield { kind: 'lost', failure: end.failure, retryInMs };
    await pause(retryInMs, signal);
  }
}

async function* followStream(
  call: ClientReadableStream<DestinationProfile>,
  { address, firstAnswerMs, signal }: { address: string; firstAnswerMs: number; signal: AbortSignal },
): AsyncGenerator<ProfileEvent, { readonly opened: boolean; readonly failure: Failure }, void> {
  // The iteration reports the error; the listener keeps one that comes after the last read from being uncaught.
  call.on('error', () => {});
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    cancel();
  }, firstAnswerMs);
  let opened = false;
  try {
    for await (const message of call) {
      clearTimeout(timer);
      opened = true;
      // The stream gives the type that the generated code decodes into, which its own types don't say.
      yield { kind: 'profile', profile: decodeProfile(message as DestinationProfile) };
    }
    return { opened, failure: { code: 'OK', message: 'the server ended the stream' } };
  } catch (error) {
    const failure: Failure = isLate
      ? { code: 'DEADLINE_EXCEEDED', message: `no answer within ${firstAnswerMs} ms` }
      : describeFailure(error, address);
    return { opened, failure };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}
