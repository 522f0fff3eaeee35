import type { PodId } from '../core/ids.js';
import type { Growth } from './growth.js';
import type { Introduction } from './report.js';
import { Reporter, type ReporterStore } from './reporter.js';
import { type End, Subject } from './subject.js';
import { retentionMs, Windows } from './windows.js';

export interface ReportersOptions {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** A pod that exists. */
  readonly pod: (id: PodId) => End | undefined;
  /** Who has an address now, where that is a pod. */
  readonly podAt: (ip: string) => End | undefined;
  readonly limits?: Partial<ReporterLimits>;
}

export interface ReporterLimits {
  readonly maxSeriesPerProxy: number;
  readonly maxSeries: number;
  /** How long a proxy's series are shown after its last call has ended. */
  readonly forgetMs: number;
  /** How long series are shown that nothing happens to. */
  readonly idleMs: number;
  /** Of the frames of what has grown. */
  readonly maxWindowBytes: number;
}

const defaultLimits: ReporterLimits = {
  // A proxy folds what would be more than about this into series without details.
  maxSeriesPerProxy: 10_000,
  // About 250 MB.
  maxSeries: 500_000,
  forgetMs: 60_000,
  // As linkerd2-proxy does with its own.
  idleMs: 600_000,
  maxWindowBytes: 67_108_864,
};

/** All that proxies have reported: the numbers as they stand, and how they grew in the last hour. */
export class Reporters {
  readonly windows: Windows;
  /** When it began to take reports. */
  readonly sinceMs: number;
  readonly #options: ReportersOptions;
  readonly #limits: ReporterLimits;
  readonly #store: ReporterStore;
  readonly #reporters = new Map<PodId, Reporter>();
  /** By their index in frames. */
  readonly #subjects = new Map<number, Subject>();
  readonly #bounds = new Map<string, readonly number[]>();
  #lastIndex = 0;
  #grown: Subject[] = [];
  #series = 0;
  #rejectedBefore = 0;

  constructor(options: ReportersOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    const { nowMs, podAt } = options;
    this.windows = new Windows({ nowMs, maxBytes: this.#limits.maxWindowBytes });
    this.sinceMs = nowMs();
    this.#store = {
      nowMs,
      podAt,
      maxSeriesPerProxy: this.#limits.maxSeriesPerProxy,
      takeRoom: () => this.#takeRoom(),
      giveRoom: (series) => {
        this.#series -= series;
      },
      createSubject: (of) => this.#createSubject(of),
      grown: (subject) => {
        this.#grown.push(subject);
      },
      grewLate: (subject, growth, atMs) => this.#grewLate(subject, growth, atMs),
    };
  }

  /** How many proxies are known. */
  get size(): number {
    return this.#reporters.size;
  }

  get seriesCount(): number {
    return this.#series;
  }

  /** How many declarations of series found no room. */
  get rejected(): number {
    return this.all().reduce((sum, { rejected }) => sum + rejected, this.#rejectedBefore);
  }

  all(): readonly Reporter[] {
    return [...this.#reporters.values()];
  }

  get(pod: PodId): Reporter | undefined {
    return this.#reporters.get(pod);
  }

  /** Whether the pod's proxy has a call to report by. */
  isReporting(pod: PodId): boolean {
    const reporter = this.#reporters.get(pod);
    return reporter !== undefined && reporter.leftAtMs === undefined;
  }

  /** Those whose series are shown. */
  shown(): readonly Reporter[] {
    const beforeMs = this.#options.nowMs() - this.#limits.forgetMs;
    return this.all().filter(({ leftAtMs }) => leftAtMs === undefined || leftAtMs > beforeMs);
  }

  /** Series that nothing has happened to since this time aren't shown. */
  get shownSinceMs(): number {
    return this.#options.nowMs() - this.#limits.idleMs;
  }

  /** The subject that frames mean; undefined for one that nobody can ask for any more. */
  subject(index: number): Subject | undefined {
    return this.#subjects.get(index);
  }

  /** A call of this proxy has ended, and it has no other. */
  leave(reporter: Reporter): void {
    reporter.leftAtMs = this.#options.nowMs();
  }

  /** A proxy's call has begun. It is known already unless it has been started anew, or counts by other buckets. */
  introduce(pod: PodId, end: End, told: Introduction): Reporter {
    const introduction = { ...told, boundsMs: this.#shared(told.boundsMs) };
    const known = this.#reporters.get(pod);
    const isSame =
      known !== undefined &&
      known.end.uid === end.uid &&
      known.epochMs === introduction.epochMs &&
      known.boundsMs === introduction.boundsMs;
    if (isSame) {
      known.refresh(end);
      known.beginCall();
      return known;
    }
    if (known !== undefined) this.#drop(known);
    const reporter = new Reporter(pod, end, introduction, this.#store);
    this.#reporters.set(pod, reporter);
    return reporter;
  }

  /** Ends the frame: what has grown since the last turn becomes part of the windows. Due every 5 s. */
  turn(): void {
    const grown = this.#grown;
    this.#grown = [];
    this.windows.turn(
      (function* () {
        for (const subject of grown) {
          yield [subject.index, subject.growth] as const;
          subject.growth.fill(0);
          subject.hasGrown = false;
        }
      })(),
    );
  }

  /** What has grown since the last turn. */
  untold(): Iterable<Subject> {
    return this.#grown;
  }

  /** Lets go of what nobody can ask for any more, and looks what pods belong to by now. Due every minute. */
  sweep(): void {
    for (const reporter of this.#reporters.values()) {
      const end = this.#options.pod(reporter.pod);
      if (end?.uid === reporter.end.uid) reporter.refresh(end);
    }
    const beforeMs = this.#options.nowMs() - retentionMs;
    for (const reporter of this.all()) {
      if (reporter.leftAtMs !== undefined && reporter.leftAtMs < beforeMs) this.#drop(reporter);
    }
    for (const [index, { lastGrowthMs, series, hasGrown }] of this.#subjects) {
      if (series.length === 0 && !hasGrown && lastGrowthMs < beforeMs) this.#subjects.delete(index);
    }
  }

  /** A reporter that has left is remembered: where it comes back, only what is more than is known of it counts. */
  #takeRoom(): boolean {
    while (this.#series >= this.#limits.maxSeries) {
      let eldest: Reporter | undefined;
      for (const reporter of this.#reporters.values()) {
        if (reporter.leftAtMs === undefined) continue;
        if (eldest?.leftAtMs === undefined || reporter.leftAtMs < eldest.leftAtMs) eldest = reporter;
      }
      if (eldest === undefined) return false;
      this.#drop(eldest);
    }
    this.#series += 1;
    return true;
  }

  /** Nearly all proxies have the same bounds. */
  #shared(boundsMs: readonly number[]): readonly number[] {
    const key = boundsMs.join();
    const known = this.#bounds.get(key);
    if (known !== undefined) return known;
    this.#bounds.set(key, boundsMs);
    return boundsMs;
  }

  #drop(reporter: Reporter): void {
    this.#rejectedBefore += reporter.rejected;
    for (const subject of reporter.subjects()) subject.series.length = 0;
    reporter.forget();
    this.#reporters.delete(reporter.pod);
  }

  #createSubject(of: Pick<Subject, 'owner' | 'facts' | 'peer'>): Subject {
    const subject = new Subject({ ...of, index: ++this.#lastIndex });
    this.#subjects.set(subject.index, subject);
    return subject;
  }

  #grewLate(subject: Subject, growth: Growth, atMs: number): void {
    subject.lastGrowthMs = Math.max(subject.lastGrowthMs, Math.min(atMs, this.#options.nowMs()));
    this.windows.addLate(subject.index, growth, atMs);
  }
}
