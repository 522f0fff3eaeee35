import type { StatQuery } from './stat-query.js';

/** Where numbers of traffic come from. Whichever it is, the same question gets the same answer. */
export interface StatSource {
  readonly kind: 'embedded' | 'prometheus';
  /** Resolves to a problem, one sentence, where the numbers can't be had; never rejects but for a bug. */
  traffic(query: StatQuery): Promise<SourceAnswer>;
}

export type SourceAnswer =
  | {
      readonly ok: true;
      /** By selection, in the order of the query; of each by the name of the resource (see `rowKey`). */
      readonly tables: readonly ReadonlyMap<string, Traffic>[];
      /** What the numbers are of, which may differ a little from what was asked for. */
      readonly windowMs: number;
      /** Why the numbers tell only a part, one sentence; empty where they tell everything. */
      readonly incompleteBecause: string;
    }
  | { readonly ok: false; readonly problem: string };

/** Of one resource in a window. */
export interface Traffic {
  /** Undefined where there was none. */
  readonly http: HttpTraffic | undefined;
  readonly tcp: TcpTraffic | undefined;
}

export interface HttpTraffic {
  readonly successes: number;
  readonly failures: number;
  readonly mutualTls: number;
  readonly latencyMs: Quantiles;
}

/** Undefined where nothing had a response. */
export interface Quantiles {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

export interface TcpTraffic {
  readonly openConnections: number;
  /** From those who asked. */
  readonly readBytes: number;
  /** To those who asked. */
  readonly writtenBytes: number;
}

/** Names a row of a table. Namespaces are in none. */
export function rowKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
