import { resourceNames, type ResourceKind } from '../core/resource.js';
import type { StatRow as RowMessage, StatSummaryResponse } from '../gen/conduit/api/v1/api.js';
import { decodeDurationMs } from '../wire/duration.js';
import { readResourceKind } from '../wire/resource.js';

/** One resource's traffic, as it is shown. Undefined is what there is nothing to say of. */
export interface StatRow {
  readonly kind: ResourceKind;
  /** Empty for a namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly meshedPods: number | undefined;
  readonly runningPods: number | undefined;
  /** 0 to 1. */
  readonly successRate: number | undefined;
  readonly successes: number | undefined;
  readonly failures: number | undefined;
  readonly requestsPerSecond: number | undefined;
  readonly latencyMsP50: number | undefined;
  readonly latencyMsP95: number | undefined;
  readonly latencyMsP99: number | undefined;
  /** Which part of the responses mutual TLS secured, 0 to 1. */
  readonly mutualTls: number | undefined;
  readonly tcpOpenConnections: number | undefined;
  readonly tcpReadBytesPerSecond: number | undefined;
  readonly tcpWrittenBytesPerSecond: number | undefined;
}

export interface StatRows {
  readonly kind: ResourceKind;
  readonly rows: readonly StatRow[];
}

/** The tables of an answer, without those of a kind that is not known here. */
export function statTables({ tables, window }: StatSummaryResponse): readonly StatRows[] {
  const windowS = window === undefined ? 0 : decodeDurationMs(window) / 1_000;
  return tables.flatMap((table) => {
    const kind = readResourceKind(table.kind);
    return kind === undefined ? [] : [{ kind, rows: table.rows.map((row) => toRow(kind, row, windowS)) }];
  });
}

function toRow(kind: ResourceKind, { resource, pods, http, tcp }: RowMessage, windowS: number): StatRow {
  const total = http && http.successes + http.failures;
  const perSecond = (count: number | undefined): number | undefined =>
    count === undefined || windowS <= 0 ? undefined : count / windowS;
  const share = (part: number | undefined): number | undefined =>
    part === undefined || total === undefined || total <= 0 ? undefined : part / total;
  return {
    kind,
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
    meshedPods: pods?.meshed,
    runningPods: pods?.running,
    successRate: share(http?.successes),
    successes: http?.successes,
    failures: http?.failures,
    requestsPerSecond: perSecond(total),
    latencyMsP50: http?.latencyP50Ms,
    latencyMsP95: http?.latencyP95Ms,
    latencyMsP99: http?.latencyP99Ms,
    mutualTls: share(http?.mutualTls),
    tcpOpenConnections: tcp?.openConnections,
    tcpReadBytesPerSecond: perSecond(tcp?.readBytes),
    tcpWrittenBytesPerSecond: perSecond(tcp?.writtenBytes),
  };
}

/** One object for each resource, in the order of the tables; its names and units are stable. */
export function statDocument(tables: readonly StatRows[]): readonly object[] {
  return tables.flatMap(({ rows }) =>
    rows.map((row) => ({
      kind: resourceNames(row.kind).singular,
      namespace: row.namespace,
      name: row.name,
      meshed_pods: row.meshedPods ?? null,
      running_pods: row.runningPods ?? null,
      success_rate: row.successRate ?? null,
      successes: row.successes ?? null,
      failures: row.failures ?? null,
      rps: row.requestsPerSecond ?? null,
      latency_ms_p50: row.latencyMsP50 ?? null,
      latency_ms_p95: row.latencyMsP95 ?? null,
      latency_ms_p99: row.latencyMsP99 ?? null,
      tls: row.mutualTls ?? null,
      tcp_open_connections: row.tcpOpenConnections ?? null,
      tcp_read_bytes_per_second: row.tcpReadBytesPerSecond ?? null,
      tcp_written_bytes_per_second: row.tcpWrittenBytesPerSecond ?? null,
    })),
  );
}
