import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from 'prom-client';
import type { Count, Distribution, Family } from './series.js';

// prom-client wants to know every label's name beforehand and hashes all labels on each change. Labels here are named by
// the control plane, and changes come by the request; so the values are kept in families, and these classes show them.

interface Exposed<State> {
  readonly name: string;
  readonly help: string;
  readonly family: Family<State>;
  readonly registry: Registry;
}

/** Shows a family of counters. */
export class CounterView extends Counter {
  readonly #family: Family<Count>;
  readonly #update: () => void;

  /** `update` brings the counts up to date before each scrape. */
  constructor({ name, help, family, registry }: Exposed<Count>, update: () => void = () => {}) {
    super({ name, help, registers: [registry] });
    this.#family = family;
    this.#update = update;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const shown = await super.get();
    this.#update();
    return { ...shown, values: countValues(this.#family) };
  }
}

/** Shows a family of gauges. */
export class GaugeView extends Gauge {
  readonly #family: Family<Count>;

  constructor({ name, help, family, registry }: Exposed<Count>) {
    super({ name, help, registers: [registry] });
    this.#family = family;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    return { ...(await super.get()), values: countValues(this.#family) };
  }
}

/** Shows a family of histograms. */
export class HistogramView extends Histogram {
  readonly #family: Family<Distribution>;
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];

  constructor({ name, help, family, registry }: Exposed<Distribution>, bounds: readonly number[]) {
    super({ name, help, registers: [registry], buckets: [...bounds] });
    this.#family = family;
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  /** What prom-client makes both its text and its JSON of; its types don't show it. */
  async getForPromString(): Promise<HistogramShown> {
    const values: HistogramShown['values'][number][] = [];
    for (const { base, extra, state } of this.#family.all()) {
      const sharedLabels = { ...base.values, ...extra };
      let below = 0;
      for (const [index, count] of state.buckets.entries()) {
        below += count;
        const le = String(this.#bounds[index] ?? '+Inf');
        values.push({ metricName: `${this.#name}_bucket`, sharedLabels, labels: { le }, value: below });
      }
      values.push({ metricName: `${this.#name}_sum`, sharedLabels, labels: {}, value: state.sum });
      values.push({ metricName: `${this.#name}_count`, sharedLabels, labels: {}, value: state.count });
    }
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }
}

interface HistogramShown {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  readonly aggregator: 'sum';
  readonly values: readonly {
    readonly metricName: string;
    readonly sharedLabels: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

function countValues(family: Family<Count>): MetricValue<string>[] {
  return [...family.all()].map(({ base, extra, state }) => ({
    labels: { ...base.values, ...extra },
    value: state.value,
  }));
}
