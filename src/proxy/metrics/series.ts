import type { LabelSet } from './labels.js';

export interface Series<State> {
  readonly base: LabelSet;
  /** Labels beside those of the base. */
  readonly extra: Readonly<Record<string, string>>;
  readonly state: State;
  usedAtMs: number;
}

export interface FamilyOptions<State> {
  readonly create: () => State;
  /** Whether a series must stay although nothing has changed it for long. */
  readonly isLive?: (state: State) => boolean;
  readonly nowMs: () => number;
}

/** The series of one metric. Values only ever grow while a series is there, as Prometheus wants them to. */
export class Family<State> {
  readonly #options: FamilyOptions<State>;
  readonly #series = new Map<string, Series<State>>();

  constructor(options: FamilyOptions<State>) {
    this.#options = options;
  }

  /** The series of these labels, new or old. `extra` has few and short labels. */
  at(base: LabelSet, extra: Readonly<Record<string, string>> = {}): State {
    let key = String(base.id);
    for (const name in extra) key += `|${name}=${extra[name]}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { base, extra, state: this.#options.create(), usedAtMs: 0 };
      this.#series.set(key, series);
    }
    series.usedAtMs = this.#options.nowMs();
    return series.state;
  }

  all(): Iterable<Series<State>> {
    return this.#series.values();
  }

  /** Drops the series that nothing has changed for as long as this. */
  sweep(idleMs: number): void {
    const { nowMs, isLive } = this.#options;
    const before = nowMs() - idleMs;
    for (const [key, { state, usedAtMs }] of this.#series) {
      if (usedAtMs <= before && isLive?.(state) !== true) this.#series.delete(key);
    }
  }
}

export interface Count {
  value: number;
}

export interface Distribution {
  /** By bucket, not cumulative; the last one is for what is above every bound. */
  readonly buckets: number[];
  sum: number;
  count: number;
}

export function createDistribution(bounds: readonly number[]): Distribution {
  return { buckets: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0, count: 0 };
}

export function observe(distribution: Distribution, bounds: readonly number[], value: number): void {
  let index = 0;
  while (index < bounds.length && value > (bounds[index] ?? 0)) index++;
  distribution.buckets[index] = (distribution.buckets[index] ?? 0) + 1;
  distribution.sum += value;
  distribution.count += 1;
}
