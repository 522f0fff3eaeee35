import { setImmediate } from 'node:timers/promises';
import type { PodSelection } from '../core/resource.js';
import type { Mesh } from '../mesh/mesh.js';
import { firstBucket, type Growth, type GrowthFrame, growthSlots } from '../telemetry/growth.js';
import type { Reporters } from '../telemetry/reporters.js';
import type { Subject } from '../telemetry/subject.js';
import { groupingOf, rowOf, type SelectionMatch, type TrafficEnds } from './grouping.js';
import { quantile } from './quantile.js';
import type { StatQuery } from './stat-query.js';
import type { HttpTraffic, Quantiles, SourceAnswer, StatSource, TcpTraffic, Traffic } from './stat-source.js';

export interface EmbeddedSourceOptions {
  readonly reporters: Reporters;
  readonly mesh: Pick<Mesh, 'selectedPods'>;
  readonly clusterDomain: string;
  readonly nowMs: () => number;
}

/** Numbers from what proxies have reported to this process. */
export function createEmbeddedSource(options: EmbeddedSourceOptions): StatSource {
  return {
    kind: 'embedded',
    traffic: (query) => summarize(query, options),
  };
}

/** How long a turn of the event loop goes on with it: whoever waits for discovery doesn't ask for statistics. */
const maxTurnMs = 5;

async function summarize(query: StatQuery, options: EmbeddedSourceOptions): Promise<SourceAnswer> {
  const { reporters, nowMs } = options;
  const { windows, sinceMs } = reporters;
  const coverage = windows.cover(query.windowMs);
  const sums = new Sums(query, options);
  const addFrame = (frame: GrowthFrame): void => {
    frame.each(({ subject: index, growth, length }) => {
      const subject = reporters.subject(index);
      if (subject !== undefined) sums.add(subject, growth, length);
    });
  };
  const [current, ...settled] = windows.frames(coverage);
  // What changes meanwhile is read in one turn: what hasn't become a frame as yet would come a second time in one.
  if (current !== undefined) addFrame(current);
  for (const subject of reporters.untold()) sums.add(subject, subject.growth, subject.growth.length);
  for (const reporter of reporters.shown()) {
    for (const subject of reporter.subjects()) sums.addOpen(subject);
  }
  let turnStartedMs = performance.now();
  for (const frame of settled) {
    addFrame(frame);
    if (performance.now() - turnStartedMs < maxTurnMs) continue;
    await setImmediate();
    turnStartedMs = performance.now();
  }
  const ranMs = nowMs() - sinceMs;
  const coveredMs = coverage.toMs - coverage.fromMs;
  return {
    ok: true,
    tables: sums.tables(),
    windowMs: coveredMs,
    incompleteBecause:
      sinceMs > coverage.fromMs + graceMs
        ? `this control plane has known of traffic for ${Math.round(ranMs / 1_000)} s only`
        : '',
  };
}

/** Rounding of the window's edge isn't worth a word. */
const graceMs = 5_000;

/** What is summed up of one row. */
class RowSums {
  /** By the bounds of their latencies. */
  readonly growths = new Map<readonly number[], Growth>();
  openConnections = 0;
  hasTcp = false;
  readBytes = 0;
  writtenBytes = 0;
}

/** Sums up growth by the rows of all tables at once. */
class Sums {
  readonly #options: EmbeddedSourceOptions;
  readonly #tables: readonly Map<string, RowSums>[];
  readonly #matches: readonly ((ends: TrafficEnds) => string | undefined)[];
  /** The rows that each subject belongs to: there are many entries of each. */
  readonly #rows = new Map<Subject, readonly RowSums[]>();

  constructor({ selections, edge }: StatQuery, options: EmbeddedSourceOptions) {
    this.#options = options;
    this.#tables = selections.map(() => new Map());
    const { clusterDomain } = options;
    const other = edge.kind === 'none' ? undefined : this.#match(edge.other);
    this.#matches = selections.map((selection) => {
      const { direction, row } = groupingOf(selection.kind, edge);
      const match = this.#match(selection);
      const opposite = row === 'own' ? 'other' : 'own';
      return (ends) => {
        if (ends.facts.direction !== direction) return undefined;
        if (other !== undefined && rowOf(ends, opposite, other, clusterDomain) === undefined)
          return undefined;
        return rowOf(ends, row, match, clusterDomain);
      };
    });
  }

  add(subject: Subject, growth: Growth, length: number): void {
    for (const row of this.#rowsOf(subject)) {
      const { boundsMs } = subject.owner;
      let sum = row.growths.get(boundsMs);
      if (sum === undefined) {
        sum = new Float64Array(firstBucket + boundsMs.length + 1);
        row.growths.set(boundsMs, sum);
      }
      for (let place = 0; place < length; place++) sum[place] = (sum[place] ?? 0) + (growth[place] ?? 0);
      const read = growth[growthSlots.readBytes] ?? 0;
      const written = growth[growthSlots.writtenBytes] ?? 0;
      const isOutbound = subject.facts.direction === 'outbound';
      row.readBytes += isOutbound ? written : read;
      row.writtenBytes += isOutbound ? read : written;
      if (read > 0 || written > 0 || (growth[growthSlots.connections] ?? 0) > 0) row.hasTcp = true;
    }
  }

  addOpen(subject: Subject): void {
    for (const series of subject.series) {
      if (series.measure !== 'tcp-open-connections' || series.value === 0) continue;
      for (const row of this.#rowsOf(subject)) {
        row.openConnections += series.value;
        row.hasTcp = true;
      }
    }
  }

  tables(): readonly ReadonlyMap<string, Traffic>[] {
    return this.#tables.map((rows) => {
      const table = new Map<string, Traffic>();
      for (const [key, row] of rows) {
        const traffic = { http: httpOf(row), tcp: tcpOf(row) };
        if (traffic.http !== undefined || traffic.tcp !== undefined) table.set(key, traffic);
      }
      return table;
    });
  }

  #rowsOf(subject: Subject): readonly RowSums[] {
    const known = this.#rows.get(subject);
    if (known !== undefined) return known;
    const ends = { facts: subject.facts, own: subject.owner.end, peer: subject.peer };
    const rows: RowSums[] = [];
    for (const [index, match] of this.#matches.entries()) {
      const key = match(ends);
      if (key === undefined) continue;
      const table = this.#tables[index];
      const row = table?.get(key) ?? new RowSums();
      table?.set(key, row);
      rows.push(row);
    }
    this.#rows.set(subject, rows);
    return rows;
  }

  #match(selection: PodSelection): SelectionMatch {
    if (selection.labels.length === 0) return { selection, pods: undefined };
    const { pods } = this.#options.mesh.selectedPods.read(selection);
    return { selection, pods: new Set(pods.map(({ id }) => id)) };
  }
}

function httpOf({ growths }: RowSums): HttpTraffic | undefined {
  const sum = { successes: 0, failures: 0, mutualTls: 0 };
  for (const growth of growths.values()) {
    sum.successes += growth[growthSlots.successes] ?? 0;
    sum.failures += growth[growthSlots.failures] ?? 0;
    sum.mutualTls += growth[growthSlots.mutualTls] ?? 0;
  }
  if (sum.successes + sum.failures === 0) return undefined;
  return { ...sum, latencyMs: quantilesOf(growths) };
}

function quantilesOf(growths: ReadonlyMap<readonly number[], Growth>): Quantiles {
  const { boundsMs, counts } = combined(growths);
  return {
    p50: quantile(0.5, boundsMs, counts),
    p95: quantile(0.95, boundsMs, counts),
    p99: quantile(0.99, boundsMs, counts),
  };
}

/** Proxies of different versions may count by different bounds: each bucket goes to the same bound of all bounds. */
function combined(growths: ReadonlyMap<readonly number[], Growth>): {
  readonly boundsMs: readonly number[];
  readonly counts: ArrayLike<number>;
} {
  const [only] = growths;
  if (only !== undefined && growths.size === 1)
    return { boundsMs: only[0], counts: only[1].subarray(firstBucket) };
  const boundsMs = [...new Set([...growths.keys()].flat())].sort((a, b) => a - b);
  const places = new Map(boundsMs.map((bound, place) => [bound, place]));
  const counts = new Float64Array(boundsMs.length + 1);
  for (const [bounds, growth] of growths) {
    for (let bucket = 0; bucket <= bounds.length; bucket++) {
      const place = places.get(bounds[bucket] ?? Number.NaN) ?? boundsMs.length;
      counts[place] = (counts[place] ?? 0) + (growth[firstBucket + bucket] ?? 0);
    }
  }
  return { boundsMs, counts };
}

function tcpOf({ hasTcp, openConnections, readBytes, writtenBytes }: RowSums): TcpTraffic | undefined {
  return hasTcp ? { openConnections, readBytes, writtenBytes } : undefined;
}
