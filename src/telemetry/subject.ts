import type { PodWorkload } from '../core/endpoint.js';
import { createGrowth, type Growth, type GrowthSlot } from './growth.js';
import type { Measure, Outcome, SubjectFacts } from './report.js';

/** A pod at one end of some traffic, as it was when it was last known. */
export interface End {
  readonly workload: PodWorkload;
  /** What created it, which need not be what a user knows it by; undefined where nothing owns it. */
  readonly directOwner: { readonly kind: string; readonly name: string } | undefined;
  /** Tells it from a later pod of the same name. */
  readonly uid: string;
}

/** The proxy whose numbers they are. */
export interface Owner {
  /** The pod it stands beside; it is kept when the pod is gone. */
  end: End;
  /** Upper bounds of the latencies' buckets; the bucket without one is not among them. */
  readonly boundsMs: readonly number[];
}

/** What some numbers are about: one reporter's traffic with one other end. */
export class Subject {
  readonly owner: Owner;
  readonly facts: SubjectFacts;
  /** The pod at the other end; undefined where there is none, or it wasn't known when there was traffic. */
  readonly peer: End | undefined;
  /** Names it in frames; its own for as long as frames may tell of it. */
  readonly index: number;
  readonly series: Series[] = [];
  /** What has grown since the last frame. */
  readonly growth: Growth;
  hasGrown = false;
  lastGrowthMs = 0;

  constructor({ owner, facts, peer, index }: Pick<Subject, 'owner' | 'facts' | 'peer' | 'index'>) {
    this.owner = owner;
    this.facts = facts;
    this.peer = peer;
    this.index = index;
    this.growth = createGrowth(owner.boundsMs.length + 1);
  }
}

/** One number of a subject, or one histogram. */
export type Series = CountSeries | LatencySeries;

interface SeriesBase {
  subject: Subject;
  readonly outcome: Outcome;
  /** When its numbers were zero. */
  readonly epochMs: number;
  changedAtMs: number;
  /** Whether the reporter's present call has declared it. */
  isDeclared: boolean;
}

export interface CountSeries extends SeriesBase {
  readonly kind: 'count';
  readonly measure: Exclude<Measure, 'latency'>;
  /** Where its growth belongs; undefined where that is not remembered. */
  readonly slot: GrowthSlot | undefined;
  /** Whether its growth is of responses that mutual TLS secured. */
  readonly isMutualTls: boolean;
  /** As the proxy tells it. */
  value: number;
  /** What of it belongs to a former pod at the other end's address. */
  base: number;
}

export interface LatencySeries extends SeriesBase {
  readonly kind: 'latency';
  readonly measure: 'latency';
  /** No typed array: at this length that would take half as much again. */
  readonly counts: number[];
  sum: number;
  /** As of counts. */
  base: { readonly counts: readonly number[]; readonly sum: number } | undefined;
}

export function sameOutcome(a: Outcome, b: Outcome): boolean {
  return a.httpStatus === b.httpStatus && a.grpcStatus === b.grpcStatus && a.isFailure === b.isFailure;
}
