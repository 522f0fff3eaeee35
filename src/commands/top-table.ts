import type { Duration } from '../gen/google/protobuf/duration.js';
import type { Event, Peer, RequestEnd, RequestInit } from '../gen/conduit/tap/v1/tap.js';
import { decodeDurationMs } from '../wire/duration.js';

/** What a row can be sorted by. */
export type TopOrder = 'count' | 'best' | 'worst' | 'last' | 'success';

/** Requests between two ends, with one method and one kind of path. */
export interface TopRow {
  readonly source: string;
  readonly destination: string;
  readonly method: string;
  readonly path: string;
  readonly count: number;
  readonly bestMs: number;
  readonly worstMs: number;
  readonly lastMs: number;
  /** 0 to 1. */
  readonly successRate: number;
}

interface Sums {
  readonly source: string;
  readonly destination: string;
  readonly method: string;
  readonly path: string;
  count: number;
  failures: number;
  bestMs: number;
  worstMs: number;
  lastMs: number;
  /** Counts the requests of all rows: the row that was used least lately goes first. */
  usedAt: number;
}

interface UnderWay {
  readonly event: Event;
  readonly init: RequestInit;
  status: number;
  latencyMs: number | undefined;
}

/** How many rows, and how many requests under way, are remembered; beyond them the eldest go. */
const maxRows = 1_000;
const maxUnderWay = 10_000;

/** Sums up requests as they end. */
export class TopTable {
  readonly #rows = new Map<string, Sums>();
  readonly #underWay = new Map<bigint, UnderWay>();
  #requests = 0;

  /** How many requests have ended. */
  get requests(): number {
    return this.#requests;
  }

  add(event: Event): void {
    switch (event.event?.$case) {
      case 'requestInit':
        if (this.#underWay.size >= maxUnderWay) dropFirst(this.#underWay);
        this.#underWay.set(event.request, {
          event,
          init: event.event.value,
          status: 0,
          latencyMs: undefined,
        });
        return;
      case 'responseInit': {
        const known = this.#underWay.get(event.request);
        if (known === undefined) return;
        known.status = event.event.value.status;
        known.latencyMs = ms(event.event.value.sinceRequestInit);
        return;
      }
      case 'requestEnd': {
        const known = this.#underWay.get(event.request);
        this.#underWay.delete(event.request);
        // What was lost sight of has neither gone well nor badly.
        if (known !== undefined && event.event.value.end?.$case !== 'lost')
          this.#count(known, event.event.value);
        return;
      }
      case undefined:
        return;
    }
  }

  rows(order: TopOrder): readonly TopRow[] {
    const rows = [...this.#ofOneSide()].map(
      ({ source, destination, method, path, count, failures, bestMs, worstMs, lastMs }): TopRow => ({
        source,
        destination,
        method,
        path,
        count,
        bestMs,
        worstMs,
        lastMs,
        successRate: (count - failures) / count,
      }),
    );
    return rows.sort((a, b) => by[order](a, b) || b.count - a.count || compare(nameOf(a), nameOf(b)));
  }

  /** Where both ends are watched, both tell of each request: the side that has told of more speaks for the two. */
  #ofOneSide(): Iterable<Sums> {
    const sides = new Map<string, Sums>();
    for (const row of this.#rows.values()) {
      const name = nameOf(row);
      if (row.count > (sides.get(name)?.count ?? 0)) sides.set(name, row);
    }
    return sides.values();
  }

  #count({ event, init, status, latencyMs }: UnderWay, end: RequestEnd): void {
    this.#requests += 1;
    const place = {
      source: peerName(event.source),
      destination: peerName(event.destination),
      method: init.method,
      path: groupedPath(init.path),
    };
    const key = `${event.direction} ${nameOf(place)}`;
    const took = latencyMs ?? ms(end.sinceRequestInit) ?? 0;
    let row = this.#rows.get(key);
    if (row === undefined) {
      if (this.#rows.size >= maxRows) this.#dropEldest();
      row = { ...place, count: 0, failures: 0, bestMs: took, worstMs: took, lastMs: took, usedAt: 0 };
      this.#rows.set(key, row);
    }
    row.count += 1;
    if (isFailure(status, end)) row.failures += 1;
    row.bestMs = Math.min(row.bestMs, took);
    row.worstMs = Math.max(row.worstMs, took);
    row.lastMs = took;
    row.usedAt = this.#requests;
  }

  #dropEldest(): void {
    let eldest: readonly [string, number] | undefined;
    for (const [key, { usedAt }] of this.#rows) {
      if (eldest === undefined || usedAt < eldest[1]) eldest = [key, usedAt];
    }
    if (eldest !== undefined) this.#rows.delete(eldest[0]);
  }
}

/**
 * A path whose ids are left out, so that requests for different things of a kind are one row: parts that are numbers, UUIDs,
 * or long and hexadecimal or mixed of letters and digits. Queries are left out too.
 */
export function groupedPath(path: string): string {
  return path
    .replace(/\?.*$/s, '')
    .split('/')
    .map((part) => (isId(part) ? '{id}' : part))
    .join('/');
}

function isId(part: string): boolean {
  if (/^\d+$/.test(part)) return true;
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(part)) return true;
  if (/^[0-9a-f]{12,}$/i.test(part) && /\d/.test(part)) return true;
  return part.length >= 16 && /^[\w-]+$/.test(part) && (part.match(/\d/g)?.length ?? 0) >= 4;
}

/** As the metrics classify: gRPC's codes that say something is wrong with the server, and 5xx. */
function isFailure(status: number, { end }: RequestEnd): boolean {
  if (end?.$case === 'resetError') return true;
  if (end?.$case === 'grpcStatus') return serverErrors.has(end.value);
  return status === 0 || status >= 500;
}

/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const serverErrors: ReadonlySet<number> = new Set([2, 4, 13, 14, 15]);

function peerName(peer: Peer | undefined): string {
  return peer?.labels.get('pod') ?? peer?.ip ?? '';
}

const by: Readonly<Record<TopOrder, (a: TopRow, b: TopRow) => number>> = {
  count: (a, b) => b.count - a.count,
  best: (a, b) => b.bestMs - a.bestMs,
  worst: (a, b) => b.worstMs - a.worstMs,
  last: (a, b) => b.lastMs - a.lastMs,
  success: (a, b) => a.successRate - b.successRate,
};

function nameOf({
  source,
  destination,
  method,
  path,
}: Pick<TopRow, 'source' | 'destination' | 'method' | 'path'>): string {
  return [source, destination, method, path].join('\u0000');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function dropFirst<Key>(map: Map<Key, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

function ms(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : decodeDurationMs(duration);
}
