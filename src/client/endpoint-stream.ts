import type { ClientReadableStream } from '@grpc/grpc-js';
import type { Update } from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Failure } from './failure.js';
import { noAnswer, type StreamEnd } from './follow.js';
import { type Reading, StreamReader } from './stream-reader.js';
import type { ToldEndpoint } from './told-endpoint.js';
import {
  applyStep,
  decodeStep,
  type Difference,
  difference,
  type Step,
  sortedEndpoints,
  type ToldSet,
  unknownSet,
} from './told-set.js';

/** What a stream tells. Endpoints are in the order of addresses. */
export type ToldEvent =
  /** The whole set, as a stream opens with it; `difference` is to what was known before. */
  | ({ readonly kind: 'snapshot' } & Told)
  /** One step from the set before. */
  | ({ readonly kind: 'change' } & Told);

interface Told {
  readonly exists: boolean;
  readonly endpoints: readonly ToldEndpoint[];
  readonly difference: Difference;
}

/**
 * When the set that a stream opens with counts as told. `settled`: once all its parts are there. `first-part`: with the
 * first of them, the others being changes.
 */
export type Opening = 'settled' | 'first-part';

export interface StreamOptions {
  /** The server's, for messages. */
  readonly address: string;
  /** How long the stream may stay without a first step. */
  readonly firstAnswerMs: number;
  /** What was known before. */
  readonly known: ToldSet;
  readonly opening: Opening;
  /** Cancels the call. */
  readonly signal: AbortSignal;
}

/** Follows one Get stream to its end. The call is cancelled when the iteration is left. */
export async function* followStream(
  call: ClientReadableStream<Update>,
  { address, firstAnswerMs, known, opening, signal }: StreamOptions,
): AsyncGenerator<ToldEvent, StreamEnd<ToldSet>, void> {
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const updates: Updates = new StreamReader({ call, address, decode: decodeStep });
  try {
    const first = await readOpening(updates, { firstAnswerMs, opening });
    if (first.kind === 'end') return { known, opened: false, failure: first.failure };
    yield told('snapshot', known, first.set);

    let current = first.set;
    let reading = first.next ?? (await updates.read(Number.POSITIVE_INFINITY));
    for (; reading.kind !== 'end'; reading = await updates.read(Number.POSITIVE_INFINITY)) {
      if (reading.kind === 'quiet') continue;
      const before = current;
      current = applyStep(before, reading.item);
      const event = told('change', before, current);
      if (!isIdle(event) || before.exists !== current.exists) yield event;
    }
    return { known: current, opened: true, failure: reading.failure };
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

type Updates = StreamReader<Update, Step>;

/** The set that a stream opens with, and what was read behind it; or the end of a stream that told none. */
type OpeningSet =
  | { readonly kind: 'set'; readonly set: ToldSet; readonly next: Reading<Step> | undefined }
  | { readonly kind: 'end'; readonly failure: Failure };

async function readOpening(
  updates: Updates,
  { firstAnswerMs, opening }: Pick<StreamOptions, 'firstAnswerMs' | 'opening'>,
): Promise<OpeningSet> {
  const answerBy = performance.now() + firstAnswerMs;
  let reading = await updates.read(firstAnswerMs);
  // Proxies pass over a removal that comes before any set.
  while (reading.kind === 'item' && reading.item.kind === 'remove') {
    reading = await updates.read(answerBy - performance.now());
  }
  if (reading.kind === 'end') return reading;
  if (reading.kind === 'quiet') {
    return { kind: 'end', failure: noAnswer(firstAnswerMs) };
  }

  let set = applyStep(unknownSet, reading.item);
  if (opening === 'first-part') return { kind: 'set', set, next: undefined };
  const completeBy = performance.now() + maxOpeningMs;
  let step = reading.item;
  while (step.kind === 'add') {
    const next = await updates.read(Math.min(settleMs(step), completeBy - performance.now()));
    if (next.kind === 'quiet') break;
    // A stream that breaks here may have told a part only; the server's own regular end comes after the whole.
    if (next.kind === 'end') return next.failure.code === 'OK' ? { kind: 'set', set, next } : next;
    if (!continues(set, next.item)) return { kind: 'set', set, next };
    set = applyStep(set, next.item);
    step = next.item;
  }
  return { kind: 'set', set, next: undefined };
}

/** No server takes this long over one set; what still arrives then are changes. */
const maxOpeningMs = 5_000;

/**
 * How long it must be quiet before an opening set counts as complete. Its parts are sent back to back, but each is
 * near the size limit of 1 MiB (all but the last), which a slow link takes its time for: after a part of thousands of
 * endpoints another one is likely, after a small one it isn't.
 */
function settleMs(part: Step & { readonly kind: 'add' }): number {
  return part.endpoints.size < 1_000 ? 100 : 1_000;
}

/** Whether a step can be a further part of an opening set: no part repeats an address of another. */
function continues(set: ToldSet, step: Step): boolean {
  return step.kind === 'add' && ![...step.endpoints.keys()].some((address) => set.endpoints.has(address));
}

function told<Kind extends ToldEvent['kind']>(kind: Kind, before: ToldSet, after: ToldSet) {
  return {
    kind,
    exists: after.exists,
    endpoints: sortedEndpoints(after),
    difference: difference(before, after),
  };
}

function isIdle({ difference: { added, changed, removed } }: Told): boolean {
  return added.length === 0 && changed.length === 0 && removed.length === 0;
}
