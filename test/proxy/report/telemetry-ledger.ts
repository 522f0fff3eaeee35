import { Measure, type Report, type Series } from '../../../src/gen/conduit/telemetry/v1/telemetry.js';

/** What a control plane makes of reports, to the letter of the contract; throws where a proxy breaks it. */
export class TelemetryLedger {
  /** Counted of each series as growth, the way a store of rolling windows does it. Gauges and latency sums are left out. */
  readonly grown = new Map<string, bigint>();
  readonly #known = new Map<string, { epoch: bigint; numbers: readonly bigint[] }>();
  #call: { epoch: bigint; sequence: bigint; readonly declared: Map<number, Series> } | undefined;

  /** The last numbers of every series that isn't over. */
  get known(): ReadonlyMap<string, readonly bigint[]> {
    return new Map([...this.#known].map(([key, { numbers }]) => [key, numbers]));
  }

  introduce(epoch: bigint): void {
    this.#call = { epoch, sequence: 0n, declared: new Map() };
  }

  apply(report: Report): void {
    const call = this.#call;
    if (call === undefined) throw new Error('a report before the introduction');
    if (report.sequence !== call.sequence + 1n) throw new Error(`sequence ${report.sequence}`);
    if (call.sequence === 0n && !report.complete) throw new Error('the first report must be complete');
    call.sequence = report.sequence;
    if (report.complete) call.declared.clear();
    for (const series of report.series) {
      if (call.declared.has(series.id)) throw new Error(`series ${series.id} is declared twice`);
      call.declared.set(series.id, series);
    }
    if (report.values.length !== report.valueSeries.length) throw new Error('arrays of different length');
    const told = new Set<string>();
    for (const [index, id] of report.valueSeries.entries()) told.add(this.#tell(id, [report.values[index]!]));
    for (const { series, counts } of report.latencies) told.add(this.#tell(series, counts));
    for (const id of report.ended) {
      const series = call.declared.get(id);
      if (series === undefined) continue;
      call.declared.delete(id);
      if (![...call.declared.values()].some((it) => keyOf(it) === keyOf(series)))
        this.#known.delete(keyOf(series));
    }
    if (report.complete) for (const key of this.#known.keys()) if (!told.has(key)) this.#known.delete(key);
  }

  /** Answers a report without applying it, as one that doesn't know its series. */
  refuse(report: Report): void {
    if (this.#call !== undefined) this.#call.sequence = report.sequence;
  }

  #tell(id: number, numbers: readonly bigint[]): string {
    const series = this.#call?.declared.get(id);
    if (series === undefined) throw new Error(`series ${id} was never declared`);
    const key = keyOf(series);
    const epoch = series.epoch === 0n ? (this.#call?.epoch ?? 0n) : series.epoch;
    const before = this.#known.get(key);
    this.#known.set(key, { epoch, numbers });
    if (series.measure === Measure.TCP_OPEN_CONNECTIONS) return key;
    const sum = total(numbers);
    const growth = before?.epoch === epoch ? sum - total(before.numbers) : sum;
    if (growth < 0n) throw new Error(`${key} shrinks by ${-growth}`);
    this.grown.set(key, (this.grown.get(key) ?? 0n) + growth);
    return key;
  }
}

export function total(numbers: readonly bigint[]): bigint {
  return numbers.reduce((sum, each) => sum + each, 0n);
}

const measureNames = new Map<number, string>(Object.entries(Measure).map(([name, number]) => [number, name]));

export function keyOf({ direction, measure, authority, peer, port, route, outcome }: Series): string {
  const ip = peer?.ip?.$case === 'ipv4' ? peer.ip.value : 0;
  const how =
    outcome === undefined
      ? ''
      : [outcome.httpStatus, outcome.grpcStatus ?? '-', outcome.isFailure ? 'failure' : 'success'].join(' ');
  return [direction, measureNames.get(measure), authority, ip, port, route, how].join('|');
}
