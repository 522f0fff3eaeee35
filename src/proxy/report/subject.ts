import type { Direction } from '../metrics/observer.js';
import type { Distribution } from '../metrics/series.js';

/** Whom some of the proxy's traffic is with, and by which route: what its series have in common. */
export interface SubjectFacts {
  readonly direction: Direction;
  /** Whom requests are for, as discovery was asked; empty where nobody said. */
  readonly authority: string;
  /** The other end, as text; a host name where nobody said where it is; empty for any. */
  readonly peer: string;
  /** 0 for any. */
  readonly port: number;
  /** Empty for none. */
  readonly route: string;
}

export type CountMeasure =
  | 'requests'
  | 'responses'
  | 'tcp-opens'
  | 'tcp-closes'
  | 'tcp-read-bytes'
  | 'tcp-written-bytes'
  | 'tcp-open-connections';

export interface Outcome {
  /** 0 where there was no response. */
  readonly status: number;
  readonly grpcStatus: number | undefined;
  readonly isFailure: boolean;
}

/** One number of a subject, or one histogram. */
export type ReportSeries = {
  /** Never used for another. */
  readonly id: number;
  readonly subject: Subject;
  readonly outcome: Outcome | undefined;
  /** The turn (see ReportBook) in which it last changed. */
  changedIn: number;
} & (
  | { readonly kind: 'count'; readonly measure: CountMeasure; value: number }
  | { readonly kind: 'latency'; readonly distribution: Distribution }
);

export type CountSeries = Extract<ReportSeries, { readonly kind: 'count' }>;
export type LatencySeries = Extract<ReportSeries, { readonly kind: 'latency' }>;

export interface Subject {
  readonly facts: SubjectFacts;
  /** When its numbers were zero: milliseconds since 1970. */
  readonly epochMs: number;
  /** By measure and outcome. */
  readonly series: Map<string, ReportSeries>;
  /** Requests under way and connections that are open: while there are any, it isn't forgotten. */
  pending: number;
  usedAtMs: number;
}
