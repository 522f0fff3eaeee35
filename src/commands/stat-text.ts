import { resourceNames } from '../core/resource.js';
import type { Colours } from './colour.js';
import type { StatRow, StatRows } from './stat-row.js';
import { type Column, formatTable } from './table.js';

export interface StatTextOptions {
  readonly isWide: boolean;
  /** Whether resources of several namespaces may be among them. */
  readonly showsNamespace: boolean;
  readonly colours: Colours;
}

/** Tables for people, one a kind, with an empty line between them; those without rows are left out. */
export function statText(tables: readonly StatRows[], options: StatTextOptions): string {
  const shown = tables.filter(({ rows }) => rows.length > 0);
  const prefixed = shown.length > 1;
  return shown.map(({ rows }) => formatTable(columns(options, prefixed), rows)).join('\n');
}

function columns(
  { isWide, showsNamespace, colours }: StatTextOptions,
  prefixed: boolean,
): readonly Column<StatRow>[] {
  const number = (heading: string, cell: Column<StatRow>['cell']): Column<StatRow> => ({
    heading,
    cell,
    isNumber: true,
  });
  return [
    ...(showsNamespace ? [{ heading: 'NAMESPACE', cell: (row: StatRow) => row.namespace || undefined }] : []),
    {
      heading: 'NAME',
      cell: ({ kind, name }) => (prefixed ? `${resourceNames(kind).short}/${name}` : name),
    },
    number('MESHED', ({ meshedPods, runningPods }) =>
      meshedPods === undefined || runningPods === undefined ? undefined : `${meshedPods}/${runningPods}`,
    ),
    {
      heading: 'SUCCESS',
      cell: ({ successRate }) => percent(successRate, 2),
      isNumber: true,
      mark: ({ successRate = 1 }, text) => {
        if (successRate < 0.9) return colours.removed(text);
        return successRate < 0.99 ? colours.changed(text) : text;
      },
    },
    number('RPS', ({ requestsPerSecond }) =>
      requestsPerSecond === undefined ? undefined : `${requestsPerSecond.toFixed(1)}rps`,
    ),
    number('LATENCY_P50', ({ latencyMsP50 }) => milliseconds(latencyMsP50)),
    number('LATENCY_P95', ({ latencyMsP95 }) => milliseconds(latencyMsP95)),
    number('LATENCY_P99', ({ latencyMsP99 }) => milliseconds(latencyMsP99)),
    number('TLS', ({ mutualTls }) => percent(mutualTls, 0)),
    ...(isWide
      ? [
          number('TCP_CONN', ({ tcpOpenConnections }) => tcpOpenConnections?.toFixed(0)),
          number('READ_BYTES/SEC', ({ tcpReadBytesPerSecond }) => bytes(tcpReadBytesPerSecond)),
          number('WRITE_BYTES/SEC', ({ tcpWrittenBytesPerSecond }) => bytes(tcpWrittenBytesPerSecond)),
        ]
      : []),
  ];
}

/** What isn't all or nothing is never shown as if it were. */
export function percent(share: number | undefined, digits: number): string | undefined {
  if (share === undefined) return undefined;
  const step = 10 ** -digits;
  const shown = share * 100;
  const kept = share > 0 && share < 1 ? Math.min(Math.max(shown, step), 100 - step) : shown;
  return `${kept.toFixed(digits)}%`;
}

function milliseconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${Math.round(ms)}ms`;
}

function bytes(perSecond: number | undefined): string | undefined {
  return perSecond === undefined ? undefined : `${perSecond.toFixed(1)}B/s`;
}
