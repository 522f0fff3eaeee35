import { setImmediate } from 'node:timers/promises';
import type { PodSelection } from '../core/resource.js';
import type { Mesh } from '../mesh/mesh.js';
import {
  addTo,
  firstBucket,
  type Growth,
  type GrowthFrame,
  GrowthSlab,
  growthSlots,
} from '../telemetry/growth.js';
import type { Direction } from '../telemetry/report.js';
import type { Reporters } from '../telemetry/reporters.js';
import type { Subject } from '../telemetry/subject.js';
import { groupingOf, rowsBy, type SelectionMatch, type TrafficEnds } from './grouping.js';
import { quantile } from './quantile.js';
import { describeSilentPods } from './silent-pods.js';
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
  const { reporters, mesh, nowMs } = options;
  const { windows, sinceMs } = reporters;
  const coverage = windows.cover(query.windowMs);
  const sums = new Sums(query, options);
  const addFrame = (frame: GrowthFrame): void => {
    frame.addTo((index) => sums.targetsOf(index));
  };
  const [current, ...settled] = windows.frames(coverage);
  // What changes meanwhile is read in one turn: what hasn't become a frame as yet would come a second time in one.
  if (current !== undefined) addFrame(current);
  for (const subject of reporters.untold()) sums.add(subject);
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
    incompleteBecause: [
      ranMs < query.windowMs - graceMs
        ? `this control plane has known of traffic for ${Math.round(ranMs / 1_000)} s only`
        : '',
      describeSilentPods(query, { mesh, isReporting: (pod) => reporters.isReporting(pod) }),
    ]
      .filter((reason) => reason !== '')
      .join('; '),
  };
}

/** Rounding of the window's edge isn't worth a word. */
const graceMs = 5_000;

/** What is summed up of one row. All of it was seen in one direction: that of its table. */
class RowSums {
  readonly direction: Direction;
  openConnections = 0;
  /** By the bounds of their latencies: proxies of different versions may have different ones. */
  readonly sums: RowSum[] = [];

  constructor(direction: Direction) {
    this.direction = direction;
  }

  sumOf(boundsMs: readonly number[], slab: GrowthSlab): RowSum {
    let sum = this.sums.find((one) => one.boundsMs === boundsMs);
    if (sum === undefined) {
      const growth = slab.take(boundsMs.length + 1);
      sum = { boundsMs, growth, alone: { rows: [this], targets: [growth] } };
      this.sums.push(sum);
    }
    return sum;
  }
}

interface RowSum {
  readonly boundsMs: readonly number[];
  readonly growth: Growth;
  /** Where all the subjects belong that belong to this row alone. */
  readonly alone: Place;
}

/** The rows that a subject belongs to, and what sums up its growth there: both are of the same length. */
interface Place {
  readonly rows: readonly RowSums[];
  readonly targets: readonly Growth[];
}

const nowhere: Place = { rows: [], targets: [] };

interface TableSums {
  readonly direction: Direction;
  readonly rows: Map<string, RowSums>;
  readonly rowOf: (ends: TrafficEnds) => string | undefined;
}

/** The row of a table that some traffic belongs to, if any. */
function rowSumsOf({ direction, rows, rowOf }: TableSums, ends: TrafficEnds): RowSums | undefined {
  const key = rowOf(ends);
  if (key === undefined) return undefined;
  let row = rows.get(key);
  if (row === undefined) {
    row = new RowSums(direction);
    rows.set(key, row);
  }
  return row;
}

/** How many subjects that follow on each other share a page of places. */
const pageSize = 1_024;

/** Sums up growth by the rows of all tables at once. */
class Sums {
  readonly #options: EmbeddedSourceOptions;
  readonly #tables: readonly TableSums[];
  /**
   * Where each subject belongs, by its index, in pages: there are many entries of each, and an array is several times as
   * fast as a map.
   */
  readonly #pages: (Place | undefined)[][] = [];
  readonly #slab = new GrowthSlab();

  constructor({ selections, edge }: StatQuery, options: EmbeddedSourceOptions) {
    this.#options = options;
    const { clusterDomain } = options;
    this.#tables = selections.map((selection) => {
      const { direction, row } = groupingOf(selection.kind, edge);
      const own = rowsBy(row, this.#match(selection), clusterDomain);
      const opposite = row === 'own' ? 'other' : 'own';
      const other =
        edge.kind === 'none' ? undefined : rowsBy(opposite, this.#match(edge.other), clusterDomain);
      return {
        direction,
        rows: new Map(),
        rowOf: (ends) => {
          if (ends.facts.direction !== direction) return undefined;
          if (other !== undefined && other(ends) === undefined) return undefined;
          return own(ends);
        },
      };
    });
  }

  /** What sums up the growth of a subject, by its index in frames. */
  targetsOf(index: number): readonly Growth[] {
    const known = this.#pages[Math.floor(index / pageSize)]?.[index % pageSize];
    if (known !== undefined) return known.targets;
    const subject = this.#options.reporters.subject(index);
    return subject === undefined ? nowhere.targets : this.#placeOf(subject).targets;
  }

  /** Adds what is in no frame as yet. */
  add(subject: Subject): void {
    for (const target of this.targetsOf(subject.index)) addTo(target, subject.growth, target.length);
  }

  addOpen(subject: Subject): void {
    for (const series of subject.series) {
      if (series.measure !== 'tcp-open-connections' || series.value === 0) continue;
      for (const row of this.#placeOf(subject).rows) row.openConnections += series.value;
    }
  }

  tables(): readonly ReadonlyMap<string, Traffic>[] {
    return this.#tables.map(({ rows }) => {
      const table = new Map<string, Traffic>();
      for (const [key, row] of rows) {
        const traffic = { http: httpOf(row), tcp: tcpOf(row) };
        if (traffic.http !== undefined || traffic.tcp !== undefined) table.set(key, traffic);
      }
      return table;
    });
  }

  #placeOf(subject: Subject): Place {
    const { index } = subject;
    const pageIndex = Math.floor(index / pageSize);
    let page = this.#pages[pageIndex];
    if (page === undefined) {
      page = [];
      this.#pages[pageIndex] = page;
    }
    let place = page[index % pageSize];
    if (place === undefined) {
      place = this.#find(subject);
      page[index % pageSize] = place;
    }
    return place;
  }

  #find({ facts, owner, peer }: Subject): Place {
    const ends = { facts, own: owner.end, peer };
    let place = nowhere;
    for (const table of this.#tables) {
      const row = rowSumsOf(table, ends);
      if (row === undefined) continue;
      const { growth, alone } = row.sumOf(owner.boundsMs, this.#slab);
      place = place === nowhere ? alone : { rows: [...place.rows, row], targets: [...place.targets, growth] };
    }
    return place;
  }

  #match(selection: PodSelection): SelectionMatch {
    if (selection.labels.length === 0) return { selection, pods: undefined };
    const { pods } = this.#options.mesh.selectedPods.read(selection);
    return { selection, pods: new Set(pods.map(({ id }) => id)) };
  }
}

function httpOf({ sums }: RowSums): HttpTraffic | undefined {
  const total = { successes: 0, failures: 0, mutualTls: 0 };
  for (const { growth } of sums) {
    total.successes += growth[growthSlots.successes] ?? 0;
    total.failures += growth[growthSlots.failures] ?? 0;
    total.mutualTls += growth[growthSlots.mutualTls] ?? 0;
  }
  const { successes, failures, mutualTls } = total;
  if (successes + failures === 0) return undefined;
  return { successes, failures, mutualTls, latencyMs: quantilesOf(sums) };
}

function quantilesOf(sums: readonly RowSum[]): Quantiles {
  const { boundsMs, counts } = combined(sums);
  return {
    p50: quantile(0.5, boundsMs, counts),
    p95: quantile(0.95, boundsMs, counts),
    p99: quantile(0.99, boundsMs, counts),
  };
}

/** Each bucket goes to the same bound of all bounds. */
function combined(sums: readonly RowSum[]): {
  readonly boundsMs: readonly number[];
  readonly counts: ArrayLike<number>;
} {
  const [only] = sums;
  if (only !== undefined && sums.length === 1)
    return { boundsMs: only.boundsMs, counts: only.growth.subarray(firstBucket) };
  const boundsMs = [...new Set(sums.flatMap((sum) => sum.boundsMs))].sort((a, b) => a - b);
  const places = new Map(boundsMs.map((bound, place) => [bound, place]));
  const counts = new Float64Array(boundsMs.length + 1);
  for (const { boundsMs: bounds, growth } of sums) {
    for (let bucket = 0; bucket <= bounds.length; bucket++) {
      const place = places.get(bounds[bucket] ?? Number.NaN) ?? boundsMs.length;
      counts[place] = (counts[place] ?? 0) + (growth[firstBucket + bucket] ?? 0);
    }
  }
  return { boundsMs, counts };
}

function tcpOf({ sums, direction, openConnections }: RowSums): TcpTraffic | undefined {
  const total = { connections: 0, read: 0, written: 0 };
  for (const { growth } of sums) {
    total.connections += growth[growthSlots.connections] ?? 0;
    total.read += growth[growthSlots.readBytes] ?? 0;
    total.written += growth[growthSlots.writtenBytes] ?? 0;
  }
  const { connections, read, written } = total;
  if (connections + read + written + openConnections === 0) return undefined;
  // Of an outbound connection the proxy reads what the pod beside it writes.
  return direction === 'outbound'
    ? { openConnections, readBytes: written, writtenBytes: read }
    : { openConnections, readBytes: read, writtenBytes: written };
}
