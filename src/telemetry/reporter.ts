import type { PodId } from '../core/ids.js';
import { DeclaredSeries } from './declared-series.js';
import { FoundSeries, problem, type Refusal } from './found-series.js';
import { createGrowth, firstBucket, type Growth, growthSlots } from './growth.js';
import type { Declaration, Introduction } from './report.js';
import type { ReportColumns } from './report-reader.js';
import { sharedOutcome, startCountSeries, startLatencySeries } from './series-start.js';
import {
  type CountSeries,
  type End,
  type LatencySeries,
  type Owner,
  sameOutcome,
  type Series,
  type Subject,
} from './subject.js';

/** What a reporter needs of the store that it is in. */
export interface ReporterStore {
  readonly nowMs: () => number;
  /** Who has an address now, where that is a pod. */
  readonly podAt: (ip: string) => End | undefined;
  readonly maxSeriesPerProxy: number;
  /** Takes room for a series; whether there was any. */
  takeRoom(): boolean;
  giveRoom(series: number): void;
  createSubject(of: Pick<Subject, 'owner' | 'facts' | 'peer'>): Subject;
  /** Something was added to a subject's growth. */
  grown(subject: Subject): void;
  /** A subject grew at about some time in the past. */
  grewLate(subject: Subject, growth: Growth, atMs: number): void;
}

export type Applied =
  | { readonly kind: 'applied' }
  /** It has been applied before. */
  | { readonly kind: 'repeated' }
  | Refusal;

const applied: Applied = { kind: 'applied' };

/** Of the report in hand, whoever it is of. */
const found = new FoundSeries();

/** How long an address is taken to belong to the same pod, without looking. */
const peerTrustMs = 1_000;

/**
 * How many declarations a call may have in force, for each series that there is room for: the rest are counted as
 * rejected, but each takes a place to be known by.
 */
const declaredPerSeries = 4;

/** Growth from before this is told late; what is younger falls into the frame of its time or the next one anyhow. */
const lateMs = 10_000;

/**
 * What one proxy has reported since it started, whatever calls it came by. Counts only grow: what is less than what is
 * known, of the same epoch, is older news.
 */
export class Reporter {
  readonly pod: PodId;
  readonly epochMs: number;
  /** When the last report was applied. */
  reportedAtMs: number;
  /** When its last call ended; undefined while it has one. */
  leftAtMs: number | undefined;
  readonly #store: ReporterStore;
  readonly #subjects = new Map<string, Subject>();
  readonly #owner: Owner;
  #series = 0;
  #rejected = 0;
  #hasReported = false;
  /** By the present call. */
  #declared = new DeclaredSeries();
  #sequence = 0;
  #peersSeenMs = Number.NEGATIVE_INFINITY;
  /** Series of before this time are told late; see `#isLate`. */
  #lateBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(pod: PodId, end: End, { epochMs, boundsMs }: Introduction, store: ReporterStore) {
    this.pod = pod;
    this.epochMs = epochMs;
    this.#owner = { end, boundsMs };
    this.#store = store;
    this.reportedAtMs = store.nowMs();
  }

  get end(): End {
    return this.#owner.end;
  }

  get boundsMs(): readonly number[] {
    return this.#owner.boundsMs;
  }

  get seriesCount(): number {
    return this.#series;
  }

  /** How many declarations found no room. */
  get rejected(): number {
    return this.#rejected;
  }

  get sequence(): number {
    return this.#sequence;
  }

  subjects(): Iterable<Subject> {
    return this.#subjects.values();
  }

  /** A new call: its reports count from one, and have to declare everything anew. */
  beginCall(): void {
    this.#sequence = 0;
    this.leftAtMs = undefined;
    this.#undeclare();
  }

  /** What the pod belongs to may only be known after a while. */
  refresh(end: End): void {
    this.#owner.end = end;
  }

  /** Forgets every series; what has grown stays in the frames. */
  forget(): void {
    this.#store.giveRoom(this.#series);
    this.#series = 0;
    this.#subjects.clear();
    this.#declared = new DeclaredSeries();
  }

  apply(report: ReportColumns): Applied {
    if (report.sequence <= this.#sequence) return { kind: 'repeated' };
    const refused = this.#refusal(report);
    if (refused !== undefined) {
      found.clear();
      return refused;
    }
    const nowMs = this.#store.nowMs();
    this.#lateBeforeMs = this.#hasReported ? Number.NEGATIVE_INFINITY : nowMs - lateMs;
    if (report.isComplete) this.#undeclare();
    if (report.declarations.length > 0) {
      for (const declaration of report.declarations) this.#declare(declaration, nowMs);
      found.findAgain(report, this.#declared);
    }
    this.#checkPeers(report, nowMs);
    for (let index = 0; index < report.values; index++) {
      const series = found.values[index];
      found.values[index] = undefined;
      if (series !== undefined && series.kind === 'count')
        this.#count(series, report.valueNumbers[index] ?? 0, nowMs);
    }
    const buckets = this.#owner.boundsMs.length + 1;
    for (let index = 0; index < report.latencies; index++) {
      const series = found.latencies[index];
      found.latencies[index] = undefined;
      if (series !== undefined && series.kind === 'latency')
        this.#observe(series, report, index, index * buckets, nowMs);
    }
    for (const id of report.ended) this.#end(id);
    if (report.isComplete) this.#endUndeclared();
    this.#sequence = report.sequence;
    this.#hasReported = true;
    this.reportedAtMs = nowMs;
    return applied;
  }

  /** Looks at all of a report before anything of it is applied. */
  #refusal(report: ReportColumns): Applied | undefined {
    const { isComplete, declarations } = report;
    if (this.#sequence === 0 && !isComplete) return { kind: 'unknown-series' };
    const most = this.#store.maxSeriesPerProxy * declaredPerSeries;
    const declared = declarations.length + (isComplete ? 0 : this.#declared.size);
    if (declared > most) return problem('report.series', declared, `at most ${most} that are not over`);
    return found.find(report, this.#declared);
  }

  #undeclare(): void {
    this.#declared = new DeclaredSeries();
    for (const subject of this.#subjects.values()) {
      for (const series of subject.series) series.isDeclared = false;
    }
  }

  #declare({ id, facts, measure, outcome, epochMs }: Declaration, nowMs: number): void {
    const key = keyOf(facts);
    let subject = this.#subjects.get(key);
    const since = epochMs === 0 ? this.epochMs : epochMs;
    const known = subject?.series.find(
      (each) => each.measure === measure && sameOutcome(each.outcome, outcome),
    );
    if (known !== undefined && known.epochMs >= since) {
      known.isDeclared = known.epochMs === since;
      // One of a former epoch tells nothing that isn't known.
      this.#declared.set(id, known.epochMs === since ? known : 'ignored');
      return;
    }
    if (known !== undefined) this.#remove(known);
    if (this.#series >= this.#store.maxSeriesPerProxy || !this.#store.takeRoom()) {
      this.#rejected += 1;
      this.#declared.set(id, 'ignored');
      return;
    }
    if (subject === undefined) {
      const peer = this.#store.podAt(facts.peerIp);
      subject = this.#store.createSubject({ owner: this.#owner, facts, peer });
    }
    this.#subjects.set(key, subject);
    const common = { subject, outcome: sharedOutcome(outcome), epochMs: since, nowMs };
    const series =
      measure === 'latency'
        ? startLatencySeries(common, this.#owner.boundsMs.length + 1)
        : startCountSeries(common, measure, facts.tls);
    subject.series.push(series);
    this.#series += 1;
    this.#declared.set(id, series);
  }

  #count(series: CountSeries, value: number, nowMs: number): void {
    const before = series.value;
    if (series.measure === 'tcp-open-connections') {
      series.value = value;
      series.changedAtMs = nowMs;
      return;
    }
    if (value <= before) return;
    series.value = value;
    series.changedAtMs = nowMs;
    const { subject, slot, isMutualTls } = series;
    if (slot === undefined) return;
    const by = value - before;
    const isLate = this.#isLate(series);
    const growth = isLate ? createGrowth(0) : subject.growth;
    growth[slot] = (growth[slot] ?? 0) + by;
    if (isMutualTls) growth[growthSlots.mutualTls] = (growth[growthSlots.mutualTls] ?? 0) + by;
    if (isLate) this.#store.grewLate(subject, growth, series.epochMs);
    else this.#grown(subject, nowMs);
  }

  #observe(series: LatencySeries, report: ReportColumns, index: number, first: number, nowMs: number): void {
    const { counts, subject } = series;
    const told = report.counts;
    // All or nothing: buckets of which some are older and some newer can't be.
    let [from, until] = [counts.length, 0];
    for (let bucket = 0; bucket < counts.length; bucket++) {
      const by = (told[first + bucket] ?? 0) - (counts[bucket] ?? 0);
      if (by < 0) return;
      if (by === 0) continue;
      if (until === 0) from = bucket;
      until = bucket + 1;
    }
    if (until === 0) return;
    const isLate = this.#isLate(series);
    const growth = isLate ? createGrowth(counts.length) : subject.growth;
    for (let bucket = from; bucket < until; bucket++) {
      const value = told[first + bucket] ?? 0;
      const place = firstBucket + bucket;
      growth[place] = (growth[place] ?? 0) + (value - (counts[bucket] ?? 0));
      counts[bucket] = value;
    }
    series.sum = report.latencySums[index] ?? 0;
    series.changedAtMs = nowMs;
    if (isLate) this.#store.grewLate(subject, growth, series.epochMs);
    else this.#grown(subject, nowMs);
  }

  /**
   * What the first report of all tells has grown at some time since the series' epoch. It counts where windows reach back
   * that far, and not where they don't: which of it belongs there is not known.
   */
  #isLate({ epochMs }: Series): boolean {
    return epochMs < this.#lateBeforeMs;
  }

  #grown(subject: Subject, nowMs: number): void {
    subject.lastGrowthMs = nowMs;
    if (subject.hasGrown) return;
    subject.hasGrown = true;
    this.#store.grown(subject);
  }

  /**
   * Before numbers grow: an address may have passed to another pod, whose numbers these are from now on. The subject then
   * goes on as another one, which begins with what has been told so far.
   */
  #checkPeers({ values, latencies }: ReportColumns, nowMs: number): void {
    if (nowMs - this.#peersSeenMs < peerTrustMs) return;
    this.#peersSeenMs = nowMs;
    const seen = new Set<Subject>();
    for (const series of [...found.values.slice(0, values), ...found.latencies.slice(0, latencies)]) {
      const subject = series?.subject;
      if (subject === undefined || seen.has(subject)) continue;
      seen.add(subject);
      const peer = this.#store.podAt(subject.facts.peerIp);
      if (peer === undefined || peer.uid === subject.peer?.uid) continue;
      this.#pass(subject, peer);
    }
  }

  #pass(subject: Subject, peer: End): void {
    const { owner, facts } = subject;
    const next = this.#store.createSubject({ owner, facts, peer });
    // A pod that wasn't known as yet is the one that all of the numbers are about.
    const isFirst = subject.peer === undefined;
    for (const series of subject.series.splice(0)) {
      series.subject = next;
      next.series.push(series);
      if (isFirst) continue;
      if (series.kind === 'count') {
        if (series.measure !== 'tcp-open-connections') series.base = series.value;
      } else series.base = { counts: series.counts.slice(), sum: series.sum };
    }
    this.#subjects.set(keyOf(facts), next);
  }

  #end(id: number): void {
    const series = this.#declared.get(id);
    this.#declared.delete(id);
    if (series !== undefined) this.#remove(series);
  }

  #endUndeclared(): void {
    for (const { series } of this.#subjects.values()) {
      for (const each of series.filter(({ isDeclared }) => !isDeclared)) this.#remove(each);
    }
  }

  #remove(series: Series): void {
    const { subject } = series;
    const place = subject.series.indexOf(series);
    if (place < 0) return;
    subject.series.splice(place, 1);
    this.#series -= 1;
    this.#store.giveRoom(1);
    if (subject.series.length === 0) this.#subjects.delete(keyOf(subject.facts));
  }
}

function keyOf({ direction, authority, peerIp, port, tls, route }: Subject['facts']): string {
  return `${direction}|${authority}|${peerIp}|${port}|${tls}|${route}`;
}
