import { parseAuthority } from '../core/authority.js';
import type { PodSelection, ResourceKind } from '../core/resource.js';
import { resourceNameOf } from '../mesh/selected-resources.js';
import type { Direction, SubjectFacts } from '../telemetry/report.js';
import type { End } from '../telemetry/subject.js';
import type { StatEdge } from './stat-query.js';
import { rowKey } from './stat-source.js';

/** Which end of some traffic a question is about: the pod whose proxy saw it, or the other one. */
export type Side = 'own' | 'other';

/** How a table comes about: whose reports count, and which end the rows are made by. */
export interface Grouping {
  readonly direction: Direction;
  readonly row: Side;
}

/**
 * Traffic is counted once: what a workload was asked is told by its own proxies, inbound; whatever is about two ends, or
 * about what clients ask for, by the proxies of those that ask.
 */
export function groupingOf(kind: ResourceKind, edge: StatEdge): Grouping {
  switch (edge.kind) {
    case 'none':
      return isAskedFor(kind)
        ? { direction: 'outbound', row: 'other' }
        : { direction: 'inbound', row: 'own' };
    case 'to':
      return { direction: 'outbound', row: 'own' };
    case 'from':
      return { direction: 'outbound', row: 'other' };
  }
}

/** Services and authorities: known by the name that clients ask for. */
function isAskedFor(kind: ResourceKind): boolean {
  return kind === 'Service' || kind === 'Authority';
}

/** Some traffic, by what is known of both ends. */
export interface TrafficEnds {
  readonly facts: SubjectFacts;
  readonly own: End;
  readonly peer: End | undefined;
}

/** The resource of a kind that is at one end; undefined where there is none. */
export function resourceAt(
  { facts, own, peer }: TrafficEnds,
  side: Side,
  kind: ResourceKind,
  clusterDomain: string,
): { readonly namespace: string; readonly name: string } | undefined {
  if (side === 'other' && isAskedFor(kind)) {
    if (kind === 'Authority')
      return facts.authority === ''
        ? undefined
        : { namespace: own.workload.namespace, name: facts.authority };
    return serviceOf(facts.authority, clusterDomain);
  }
  const end = side === 'own' ? own : peer;
  const name = end && resourceNameOf(kind, end);
  if (end === undefined || name === undefined) return undefined;
  return { namespace: kind === 'Namespace' ? '' : end.workload.namespace, name };
}

function serviceOf(
  authority: string,
  clusterDomain: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const parsed = parseAuthority(authority, clusterDomain);
  return parsed.ok && parsed.value.kind === 'service' ? parsed.value : undefined;
}

/** Which traffic belongs to a selection, by one of its ends. */
export interface SelectionMatch {
  readonly selection: PodSelection;
  /** The pods (`namespace/name`) that have the labels asked for; undefined where none are. */
  readonly pods: ReadonlySet<string> | undefined;
}

/** The name of the row; undefined for what isn't selected. */
export function rowOf(
  ends: TrafficEnds,
  side: Side,
  { selection, pods }: SelectionMatch,
  clusterDomain: string,
): string | undefined {
  const { kind, namespace, name } = selection;
  const found = resourceAt(ends, side, kind, clusterDomain);
  if (found === undefined) return undefined;
  if (name !== undefined && found.name !== name) return undefined;
  if (namespace !== undefined && kind !== 'Namespace' && found.namespace !== namespace) return undefined;
  if (pods !== undefined) {
    const end = side === 'own' ? ends.own : ends.peer;
    if (end === undefined || !pods.has(rowKey(end.workload.namespace, end.workload.name))) return undefined;
  }
  return rowKey(found.namespace, found.name);
}

/**
 * `rowOf` for very many pieces of traffic: what it says of an end, or of an authority, is found once. The function is good
 * for as long as ends and pods don't change.
 */
export function rowsBy(
  side: Side,
  match: SelectionMatch,
  clusterDomain: string,
): (ends: TrafficEnds) => string | undefined {
  const find = (ends: TrafficEnds): string | undefined => rowOf(ends, side, match, clusterDomain);
  if (side === 'other' && isAskedFor(match.selection.kind)) {
    // Beside the authority, these rows depend on the end.
    if (match.selection.kind === 'Authority' || match.pods !== undefined) return find;
    return once(({ facts }) => facts.authority, find);
  }
  return once(({ own, peer }) => (side === 'own' ? own : peer), find);
}

function once(
  keyOf: (ends: TrafficEnds) => unknown,
  find: (ends: TrafficEnds) => string | undefined,
): (ends: TrafficEnds) => string | undefined {
  const rows = new Map<unknown, string | undefined>();
  return (ends) => {
    const key = keyOf(ends);
    const known = rows.get(key);
    if (known !== undefined || rows.has(key)) return known;
    const row = find(ends);
    rows.set(key, row);
    return row;
  };
}
