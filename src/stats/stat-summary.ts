import { type PodSelection, resourceNames } from '../core/resource.js';
import {
  type HttpStats,
  type StatRow,
  StatSource as SourceMessage,
  type StatSummaryResponse,
  type StatTable,
  type TcpStats,
} from '../gen/conduit/api/v1/api.js';
import type { Mesh } from '../mesh/mesh.js';
import type { SelectedPod } from '../mesh/selectable-pods.js';
import { toDuration } from '../wire/duration.js';
import { toResource, toResourceKind } from '../wire/resource.js';
import type { StatQuery } from './stat-query.js';
import { rowKey, type StatSource, type Traffic } from './stat-source.js';

export type StatSummary =
  | { readonly kind: 'summary'; readonly response: StatSummaryResponse }
  /** A resource that is asked for by name, or a namespace, does not exist. */
  | { readonly kind: 'missing'; readonly problem: string }
  /** The numbers can't be had. */
  | { readonly kind: 'unavailable'; readonly problem: string };

export interface StatSummaryOptions {
  readonly mesh: Pick<Mesh, 'selectedResources'>;
  readonly source: StatSource;
}

/** Tables of the traffic that is asked for: every resource that is selected, and what there is to say of it. */
export async function summarizeStats(
  query: StatQuery,
  { mesh, source }: StatSummaryOptions,
): Promise<StatSummary> {
  const { selections, edge } = query;
  for (const selection of edge.kind === 'none' ? selections : [...selections, edge.other]) {
    if (!mesh.selectedResources.read(selection).exists) {
      return { kind: 'missing', problem: missing(selection) };
    }
  }
  const answer = await source.traffic(query);
  if (!answer.ok) return { kind: 'unavailable', problem: answer.problem };
  const tables = selections.map((selection, index) =>
    toTable(selection, answer.tables[index] ?? new Map(), { mesh, hasEdge: edge.kind !== 'none' }),
  );
  return {
    kind: 'summary',
    response: {
      tables,
      window: toDuration(answer.windowMs),
      source: source.kind === 'embedded' ? SourceMessage.EMBEDDED : SourceMessage.PROMETHEUS,
      incompleteBecause: answer.incompleteBecause,
    },
  };
}

function missing({ kind, namespace, name }: PodSelection): string {
  if (name === undefined) return `there is no namespace ${namespace ?? ''}`;
  const { singular } = resourceNames(kind);
  return `there is no ${singular} ${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
}

interface Row {
  readonly namespace: string;
  readonly name: string;
  readonly pods: readonly SelectedPod[] | undefined;
  readonly traffic: Traffic | undefined;
}

function toTable(
  selection: PodSelection,
  traffic: ReadonlyMap<string, Traffic>,
  { mesh, hasEdge }: { readonly mesh: StatSummaryOptions['mesh']; readonly hasEdge: boolean },
): StatTable {
  const { kind } = selection;
  const known = new Map(
    mesh.selectedResources
      .read(selection)
      .resources.map(({ id, pods }) => [rowKey(id.namespace, id.name), { ...id, pods }]),
  );
  const onlyTraffic = hasEdge || kind === 'Authority';
  const keys = onlyTraffic ? [...traffic.keys()] : [...known.keys()];
  const rows = keys.map((key): Row => {
    const slash = key.indexOf('/');
    const found = known.get(key);
    return {
      namespace: key.slice(0, slash),
      name: key.slice(slash + 1),
      pods: kind === 'Authority' ? undefined : (found?.pods ?? []),
      traffic: traffic.get(key),
    };
  });
  return {
    kind: toResourceKind(kind),
    rows: rows.sort(byName).map((row) => toRow(row, kind)),
  };
}

function byName(a: Row, b: Row): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function toRow({ namespace, name, pods, traffic }: Row, kind: PodSelection['kind']): StatRow {
  const running = pods?.filter(({ phase }) => phase !== 'ended');
  return {
    resource: toResource({ kind, namespace, name }),
    pods: running && {
      meshed: running.filter(({ isMeshed }) => isMeshed).length,
      running: running.length,
    },
    http: traffic?.http && toHttp(traffic.http),
    tcp: traffic?.tcp && toTcp(traffic.tcp),
  };
}

function toHttp({ successes, failures, mutualTls, latencyMs }: NonNullable<Traffic['http']>): HttpStats {
  return {
    successes,
    failures,
    mutualTls,
    latencyP50Ms: latencyMs.p50,
    latencyP95Ms: latencyMs.p95,
    latencyP99Ms: latencyMs.p99,
  };
}

function toTcp(tcp: NonNullable<Traffic['tcp']>): TcpStats {
  return { openConnections: tcp.openConnections, readBytes: tcp.readBytes, writtenBytes: tcp.writtenBytes };
}
