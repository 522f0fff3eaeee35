import {
  Direction,
  type Introduction,
  Measure,
  type Report,
  type ReportResponse,
  type Series,
  Tls,
} from '../../gen/conduit/telemetry/v1/telemetry.js';
import { wireIp } from '../wire-ip.js';
import type { ReportBook } from './report-book.js';
import type { CountMeasure, ReportSeries } from './subject.js';

/** A report that is on its way. */
interface Outstanding {
  readonly sequence: bigint;
  /** The last turn that it tells of. */
  readonly turn: number;
  readonly ended: readonly number[];
}

/**
 * The reports of one call, each made from what the server has acknowledged of those before. Pure but for the book: who
 * sends them, and what becomes of the call, is not known here.
 */
export class CallReports {
  readonly #book: ReportBook;
  /** The series that the server knows by their ids. */
  readonly #declared = new Set<number>();
  #sequence = 0n;
  /** What the server knows: the turns up to this one. */
  #knownTurn = 0;
  #isComplete = true;
  #outstanding: Outstanding | undefined;

  constructor(book: ReportBook) {
    this.#book = book;
  }

  introduction({ namespace, pod }: { readonly namespace: string; readonly pod: string }): Introduction {
    const { epochMs, latencyBoundsMs } = this.#book;
    return { namespace, pod, epoch: BigInt(epochMs), latencyBoundsMs: [...latencyBoundsMs] };
  }

  /** What has changed; everything at first, and where the server has asked for it. */
  next(): Report {
    const book = this.#book;
    const complete = this.#isComplete;
    if (complete) {
      this.#declared.clear();
      this.#knownTurn = 0;
    }
    this.#sequence += 1n;
    const ended = [...this.#declared].filter((id) => !book.has(id));
    const report: Report = {
      sequence: this.#sequence,
      complete,
      series: [],
      valueSeries: [],
      values: [],
      latencies: [],
      ended,
    };
    for (const series of book.all()) {
      if (series.changedIn <= this.#knownTurn) continue;
      if (!this.#declared.has(series.id)) {
        this.#declared.add(series.id);
        report.series.push(declaration(series, book));
      }
      tell(report, series);
    }
    this.#outstanding = { sequence: this.#sequence, turn: book.endTurn(), ended };
    return report;
  }

  /** What an answer says of the report on its way. `other`: it is an answer to something else. */
  answered({ sequence, resendAll }: ReportResponse): 'applied' | 'refused' | 'other' {
    const outstanding = this.#outstanding;
    if (outstanding === undefined) return 'other';
    if (resendAll) {
      this.#outstanding = undefined;
      this.#isComplete = true;
      return 'refused';
    }
    if (sequence !== outstanding.sequence) return 'other';
    this.#outstanding = undefined;
    this.#isComplete = false;
    this.#knownTurn = outstanding.turn;
    this.#book.acknowledge(outstanding.turn);
    for (const id of outstanding.ended) this.#declared.delete(id);
    return 'applied';
  }
}

const directions = { inbound: Direction.INBOUND, outbound: Direction.OUTBOUND } as const;

const measures: Readonly<Record<CountMeasure, Measure>> = {
  requests: Measure.REQUESTS,
  responses: Measure.RESPONSES,
  'tcp-opens': Measure.TCP_OPENS,
  'tcp-closes': Measure.TCP_CLOSES,
  'tcp-read-bytes': Measure.TCP_READ_BYTES,
  'tcp-written-bytes': Measure.TCP_WRITTEN_BYTES,
  'tcp-open-connections': Measure.TCP_OPEN_CONNECTIONS,
};

function declaration(series: ReportSeries, book: ReportBook): Series {
  const { id, subject, outcome } = series;
  const { direction, authority, peer, port, route } = subject.facts;
  return {
    id,
    direction: directions[direction],
    measure: series.kind === 'count' ? measures[series.measure] : Measure.RESPONSE_LATENCY,
    authority,
    peer: wireIp(peer),
    port,
    tls: Tls.NONE,
    outcome: outcome && {
      httpStatus: outcome.status,
      grpcStatus: outcome.grpcStatus,
      isFailure: outcome.isFailure,
    },
    route,
    epoch: subject.epochMs === book.epochMs ? 0n : BigInt(subject.epochMs),
  };
}

function tell(report: Report, series: ReportSeries): void {
  switch (series.kind) {
    case 'count':
      report.valueSeries.push(series.id);
      report.values.push(BigInt(series.value));
      return;
    case 'latency': {
      const { buckets, sum } = series.distribution;
      report.latencies.push({ series: series.id, counts: buckets.map(BigInt), sumMs: sum });
    }
  }
}
