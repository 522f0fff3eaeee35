import { type GrowthSlot, growthSlots } from './growth.js';
import type { Outcome, Tls } from './report.js';
import type { CountSeries, LatencySeries, Subject } from './subject.js';

/** What series begin with. */
export interface SeriesStart {
  readonly subject: Subject;
  readonly outcome: Outcome;
  readonly epochMs: number;
  readonly nowMs: number;
}

// Each property is named, and nothing spread: V8 keeps the properties that follow a spread outside of the object.

/** A histogram of nothing as yet. */
export function startLatencySeries(
  { subject, outcome, epochMs, nowMs }: SeriesStart,
  buckets: number,
): LatencySeries {
  return {
    kind: 'latency',
    measure: 'latency',
    subject,
    outcome,
    epochMs,
    changedAtMs: nowMs,
    isDeclared: true,
    counts: Array.from({ length: buckets }, () => 0),
    sum: 0,
    base: undefined,
  };
}

/** A count of nothing as yet. */
export function startCountSeries(
  { subject, outcome, epochMs, nowMs }: SeriesStart,
  measure: CountSeries['measure'],
  tls: Tls,
): CountSeries {
  return {
    kind: 'count',
    measure,
    subject,
    outcome,
    epochMs,
    changedAtMs: nowMs,
    isDeclared: true,
    slot: slotOf(measure, outcome),
    isMutualTls: measure === 'responses' && tls === 'mutual',
    value: 0,
    base: 0,
  };
}

/**
 * The outcomes that series have, each once: there are as many as HTTP and gRPC have statuses in use. A proxy that makes up
 * statuses has its own beyond `maxOutcomes`.
 */
const outcomes = new Map<string, Outcome>();
const maxOutcomes = 1_000;

/** The one outcome that is kept of all that are equal to this one. */
export function sharedOutcome(outcome: Outcome): Outcome {
  const key = `${outcome.httpStatus}|${outcome.grpcStatus ?? ''}|${outcome.isFailure}`;
  const known = outcomes.get(key);
  if (known !== undefined) return known;
  if (outcomes.size < maxOutcomes) outcomes.set(key, outcome);
  return outcome;
}

function slotOf(measure: CountSeries['measure'], outcome: Outcome): GrowthSlot | undefined {
  switch (measure) {
    case 'responses':
      return outcome.isFailure ? growthSlots.failures : growthSlots.successes;
    case 'tcp-opens':
      return growthSlots.connections;
    case 'tcp-read-bytes':
      return growthSlots.readBytes;
    case 'tcp-written-bytes':
      return growthSlots.writtenBytes;
    case 'requests':
    case 'tcp-closes':
    case 'tcp-open-connections':
      return undefined;
  }
}
