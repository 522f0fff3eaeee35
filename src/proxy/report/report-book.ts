import type { Direction } from '../metrics/observer.js';
import { createDistribution, observe } from '../metrics/series.js';
import type {
  CountMeasure,
  CountSeries,
  LatencySeries,
  Outcome,
  ReportSeries,
  Subject,
  SubjectFacts,
} from './subject.js';

export interface ReportBookOptions {
  /** Upper bounds of the latencies' buckets, ascending. */
  readonly latencyBoundsMs: readonly number[];
  /** Milliseconds of any clock that only goes forward. */
  readonly nowMs: () => number;
  /** When the book is opened, in milliseconds since 1970. */
  readonly epochMs: number;
  /** About how long a report of everything may get. Default 2 MiB: half of what gRPC servers accept. */
  readonly maxBytes?: number;
}

/** A declaration with its numbers, as protobuf has them, without the texts. */
const countBytes = 80;
const latencyBytes = 200;

/** A DNS name with a port fits; who made longer texts can't use up the room of others by them. */
const maxTextLength = 260;

/**
 * What is to be reported: counts since each series began, and which of them have changed since when.
 *
 * Time is divided into turns. A report tells of all turns until it is made, and with it a new turn begins; so once it is
 * acknowledged, what has to be told are the series that changed in a later turn than its own.
 *
 * The book is bounded. What finds no room in it is counted without the details that make for many series.
 */
export class ReportBook {
  readonly latencyBoundsMs: readonly number[];
  readonly epochMs: number;
  readonly #maxBytes: number;
  readonly #nowMs: () => number;
  readonly #openedAtMs: number;
  readonly #subjects = new Map<string, Subject>();
  readonly #anyone: Partial<Record<Direction, Subject>> = {};
  readonly #series = new Map<number, ReportSeries>();
  #lastId = 0;
  #bytes = 0;
  #turn = 1;
  #acknowledgedTurn = 0;
  #folded = 0;

  constructor({ latencyBoundsMs, nowMs, epochMs, maxBytes = 2_097_152 }: ReportBookOptions) {
    this.latencyBoundsMs = latencyBoundsMs;
    this.epochMs = epochMs;
    this.#maxBytes = maxBytes;
    this.#nowMs = nowMs;
    this.#openedAtMs = nowMs();
  }

  /** How often something was counted without its details. */
  get folded(): number {
    return this.#folded;
  }

  get size(): number {
    return this.#series.size;
  }

  all(): Iterable<ReportSeries> {
    return this.#series.values();
  }

  has(id: number): boolean {
    return this.#series.has(id);
  }

  /** The subject of these facts, or the one for anyone where there is no room for another. It is used at once. */
  subject(facts: SubjectFacts): Subject {
    const { direction, peer, port } = facts;
    const authority = facts.authority.slice(0, maxTextLength);
    const route = facts.route.slice(0, maxTextLength);
    const key = `${direction}|${authority}|${peer}|${port}|${route}`;
    let subject = this.#subjects.get(key);
    if (subject === undefined) {
      const cut = { direction, authority, peer, port, route };
      if (this.#bytes + seriesBytes(cut, countBytes) > this.#maxBytes) return this.#anyoneOf(direction);
      subject = this.#createSubject(cut);
      this.#subjects.set(key, subject);
    }
    return subject;
  }

  count(subject: Subject, measure: CountMeasure, exactly?: Outcome): CountSeries {
    const outcome = exactly && this.#isAnyone(subject) ? roughly(exactly) : exactly;
    const key = outcome === undefined ? measure : `${measure} ${outcomeKey(outcome)}`;
    const known = subject.series.get(key);
    if (known?.kind === 'count') return known;
    if (this.#isFull(subject, countBytes)) {
      return this.count(this.#anyoneOf(subject.facts.direction), measure, outcome);
    }
    const id = ++this.#lastId;
    const changedIn = this.#turn;
    const series: CountSeries = { kind: 'count', id, subject, measure, outcome, value: 0, changedIn };
    return this.#enter(key, series, countBytes);
  }

  latency(subject: Subject, exactly: number): LatencySeries {
    const status = this.#isAnyone(subject) ? hundredOf(exactly) : exactly;
    const key = `latency ${status}`;
    const known = subject.series.get(key);
    if (known?.kind === 'latency') return known;
    if (this.#isFull(subject, latencyBytes)) {
      return this.latency(this.#anyoneOf(subject.facts.direction), status);
    }
    const series: LatencySeries = {
      kind: 'latency',
      id: ++this.#lastId,
      subject,
      outcome: { status, grpcStatus: undefined, isFailure: false },
      distribution: createDistribution(this.latencyBoundsMs),
      changedIn: this.#turn,
    };
    return this.#enter(key, series, latencyBytes);
  }

  /** `amount` is negative for gauges only. */
  add(series: CountSeries, amount: number): void {
    series.value += amount;
    this.#touch(series);
  }

  observe(series: LatencySeries, ms: number): void {
    observe(series.distribution, this.latencyBoundsMs, ms);
    this.#touch(series);
  }

  /** Ends the turn; what changes from here on is in the next. */
  endTurn(): number {
    return this.#turn++;
  }

  /** Somebody keeps what was told of the turns up to this one. */
  acknowledge(turn: number): void {
    this.#acknowledgedTurn = Math.max(this.#acknowledgedTurn, turn);
  }

  /** Forgets the subjects that nothing has happened to for as long as this, if all of it has been acknowledged. */
  sweep(idleMs: number): void {
    const before = this.#nowMs() - idleMs;
    for (const [key, subject] of this.#subjects) {
      if (subject.pending > 0 || subject.usedAtMs > before || !this.#isAcknowledged(subject)) continue;
      this.#subjects.delete(key);
      for (const { id, kind } of subject.series.values()) {
        this.#series.delete(id);
        this.#bytes -= seriesBytes(subject.facts, kind === 'count' ? countBytes : latencyBytes);
      }
    }
  }

  #isAcknowledged(subject: Subject): boolean {
    for (const { changedIn } of subject.series.values()) if (changedIn > this.#acknowledgedTurn) return false;
    return true;
  }

  #touch(series: ReportSeries): void {
    series.changedIn = this.#turn;
    series.subject.usedAtMs = this.#nowMs();
  }

  #enter<Series extends ReportSeries>(key: string, series: Series, bytes: number): Series {
    series.subject.series.set(key, series);
    this.#series.set(series.id, series);
    this.#bytes += this.#isAnyone(series.subject) ? 0 : seriesBytes(series.subject.facts, bytes);
    return series;
  }

  #createSubject(facts: SubjectFacts): Subject {
    const nowMs = this.#nowMs();
    const epochMs = this.epochMs + Math.floor(nowMs - this.#openedAtMs);
    return { facts, epochMs, series: new Map(), pending: 0, usedAtMs: nowMs };
  }

  #anyoneOf(direction: Direction): Subject {
    this.#folded += 1;
    return (this.#anyone[direction] ??= this.#createSubject({
      direction,
      authority: '',
      peer: '',
      port: 0,
      route: '',
    }));
  }

  #isAnyone(subject: Subject): boolean {
    return this.#anyone[subject.facts.direction] === subject;
  }

  #isFull(subject: Subject, bytes: number): boolean {
    return !this.#isAnyone(subject) && this.#bytes + seriesBytes(subject.facts, bytes) > this.#maxBytes;
  }
}

function seriesBytes({ authority, route }: SubjectFacts, bytes: number): number {
  return bytes + authority.length + route.length;
}

function outcomeKey({ status, grpcStatus, isFailure }: Outcome): string {
  return `${status} ${grpcStatus ?? ''} ${isFailure ? 'failure' : 'success'}`;
}

/** So rough that there are few. gRPC has the codes from 0 to 16; any other one means UNKNOWN. */
function roughly({ status, grpcStatus, isFailure }: Outcome): Outcome {
  const code = grpcStatus === undefined || grpcStatus <= 16 ? grpcStatus : 2;
  return { status: hundredOf(status), grpcStatus: code, isFailure };
}

function hundredOf(status: number): number {
  return status - (status % 100);
}
