import type { ClientReadableStream } from '@grpc/grpc-js';
import type { Update } from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Failure } from './failure.js';
import type { ToldEndpoint } from './told-endpoint.js';
import {
  applyStep,
  type Difference,
  difference,
  type Step,
  sortedEndpoints,
  type ToldSet,
  unknownSet,
} from './told-set.js';
import { type Reading, UpdateReader } from './update-reader.js';

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

/** How a stream left things. */
export interface StreamEnd {
  /** What is known: the last set told, or the one before the stream where it told none. */
  readonly known: ToldSet;
  /** Whether the stream told its first set. */
  readonly opened: boolean;
  readonly failure: Failure;
}

export interface StreamOptions {
  /** The server's, for messages. */
  readonly address: string;
  /** How long the stream may stay without a first step. */
  readonly firstAnswerMs: number;
  /** What was known before. */
  readonly known: ToldSet;
  /** Cancels the call. */
  readonly signal: AbortSignal;
  /** Whether the opening set is told with its first part, or once it is complete. */
  readonly opening: 'settled' | 'first-part';
}

/** Follows one Get stream to its end. The call is cancelled when the iteration is left. */
export async function* followStream(
  call: ClientReadableStream<Update>,
  { address, firstAnswerMs, known, signal, opening: extent }: StreamOptions,
): AsyncGenerator<ToldEvent, StreamEnd, void> {
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const updates = new UpdateReader(call, address);
  try {
    const opening = await readOpening(updates, firstAnswerMs, extent);
    if (opening.kind === 'end') return { known, opened: false, failure: opening.failure };
    yield told('snapshot', known, opening.set);

    let current = opening.set;
    let reading = opening.next ?? (await updates.read(Number.POSITIVE_INFINITY));
    for (; reading.kind !== 'end'; reading = await updates.read(Number.POSITIVE_INFINITY)) {
      if (reading.kind === 'quiet') continue;
      const before = current;
      current = applyStep(before, reading.step);
      const event = told('change', before, current);
      if (!isIdle(event) || before.exists !== current.exists) yield event;
    }
    return { known: current, opened: true, failure: reading.failure };
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** The set that a stream opens with, and what was read behind it; or the end of a stream that told none. */
type Opening =
  | { readonly kind: 'set'; readonly set: ToldSet; readonly next: Reading | undefined }
  | { readonly kind: 'end'; readonly failure: Failure };

async function readOpening(
  updates: UpdateReader,
  firstAnswerMs: number,
  extent: StreamOptions['opening'],
): Promise<Opening> {
  const answerBy = performance.now() + firstAnswerMs;
  let reading = await updates.read(firstAnswerMs);
  // Proxies pass over a removal that comes before any set.
  while (reading.kind === 'step' && reading.step.kind === 'remove') {
    reading = await updates.read(answerBy - performance.now());
  }
  if (reading.kind === 'end') return reading;
  if (reading.kind === 'quiet') {
    const message = `no answer within ${firstAnswerMs} ms`;
    return { kind: 'end', failure: { code: 'DEADLINE_EXCEEDED', message } };
  }

  let set = applyStep(unknownSet, reading.step);
  if (extent === 'first-part') return { kind: 'set', set, next: undefined };
  const completeBy = performance.now() + maxOpeningMs;
  let step = reading.step;
  while (step.kind === 'add') {
    const next = await updates.read(Math.min(settleMs(step), completeBy - performance.now()));
    if (next.kind === 'quiet') break;
    // A stream that breaks here may have told a part only; the server's own regular end comes after the whole.
    if (next.kind === 'end') return next.failure.code === 'OK' ? { kind: 'set', set, next } : next;
    if (!continues(set, next.step)) return { kind: 'set', set, next };
    set = applyStep(set, next.step);
    step = next.step;
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
