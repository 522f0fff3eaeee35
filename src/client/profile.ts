import { isDeepStrictEqual } from 'node:util';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { DestinationProfile } from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Failure } from './failure.js';
import {
  type FollowOptions,
  followStreams,
  interrupted,
  noAnswer,
  type Outage,
  type Question,
  type StreamEnd,
} from './follow.js';
import { StreamReader } from './stream-reader.js';
import { decodeProfile, type ToldProfile } from './told-profile.js';

/** What a follower of a profile sees. */
export type ProfileEvent = ToldProfileEvent | Outage;

export type ToldProfileEvent =
  /** The first profile of a stream. */
  | { readonly kind: 'snapshot'; readonly profile: ToldProfile }
  /** One that differs from the profile before it, which it replaces. */
  | { readonly kind: 'change'; readonly profile: ToldProfile };

/** The profile of a destination once, or why there is no answer. */
export type ProfileAnswer =
  | { readonly ok: true; readonly profile: ToldProfile }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Follows the profile of a destination by the rules of linkerd2-proxy: each message replaces the one before it, the last
 * one survives a lost connection, and every end of a stream but INVALID_ARGUMENT and FAILED_PRECONDITION is followed by
 * another attempt. A message that changes nothing makes no event.
 */
export function followProfile({
  address,
  authority,
  contextToken = '',
  signal,
  firstAnswerMs = 3_000,
  ...retry
}: FollowOptions): AsyncGenerator<ProfileEvent, void, void> {
  return followStreams<ToldProfile | undefined, ToldProfileEvent>({
    ...retry,
    address,
    initial: undefined,
    stream: (channel, known) =>
      followStream(channel.client.getProfile({ scheme: '', path: authority, contextToken }), {
        address: channel.address,
        firstAnswerMs,
        known,
        signal,
      }),
    signal,
  });
}

/** Asks once, with no second attempt. `timeoutMs` is for everything until the answer. */
export async function getProfile({
  timeoutMs,
  ...question
}: Question & { readonly timeoutMs: number }): Promise<ProfileAnswer> {
  for await (const event of followProfile({ ...question, firstAnswerMs: timeoutMs })) {
    switch (event.kind) {
      case 'snapshot':
      case 'change':
        return { ok: true, profile: event.profile };
      case 'lost':
      case 'rejected':
        return { ok: false, failure: event.failure };
    }
  }
  return { ok: false, failure: interrupted };
}

/** Follows one GetProfile stream to its end. The call is cancelled when the iteration is left. */
async function* followStream(
  call: ClientReadableStream<DestinationProfile>,
  {
    address,
    firstAnswerMs,
    known,
    signal,
  }: {
    readonly address: string;
    readonly firstAnswerMs: number;
    readonly known: ToldProfile | undefined;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<ToldProfileEvent, StreamEnd<ToldProfile | undefined>, void> {
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const profiles = new StreamReader({ call, address, decode: decodeProfile });
  try {
    let current = known;
    let opened = false;
    for (;;) {
      const reading = await profiles.read(opened ? Number.POSITIVE_INFINITY : firstAnswerMs);
      if (reading.kind === 'end') return { known: current, opened, failure: reading.failure };
      if (reading.kind === 'quiet') return { known: current, opened, failure: noAnswer(firstAnswerMs) };
      const before = current;
      current = reading.item;
      if (!opened) yield { kind: 'snapshot', profile: current };
      else if (!isDeepStrictEqual(before, current)) yield { kind: 'change', profile: current };
      opened = true;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}
