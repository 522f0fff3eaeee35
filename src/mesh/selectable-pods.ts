import type { PodWorkload } from '../core/endpoint.js';
import { arraysEqual, plainEqual } from '../core/equal.js';
import type { PodId } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { OwnerRef, PodPhase, PodRow } from './rows.js';
import type { MeshTables } from './tables.js';
import { type IdentityOptions, podWorkload, topOwner } from './workloads.js';

/** A pod as one of those that a resource stands for. */
export interface SelectedPod {
  readonly id: PodId;
  /** Tells it from a later pod of the same name. */
  readonly uid: string;
  readonly phase: PodPhase;
  readonly isTerminating: boolean;
  /** Whether it has a sidecar that belongs to this control plane. */
  readonly isMeshed: boolean;
  /** Addresses that are its own, in canonical text form; none for a pod on its node's network, or without one as yet. */
  readonly ips: readonly string[];
  /** What created it, which need not be what a user knows it by (`workload.owner`); undefined where nothing owns it. */
  readonly directOwner: OwnerRef | undefined;
  /** Who it is and belongs to: namespace, name, topmost controller, service account. */
  readonly workload: PodWorkload;
}

/** A pod, and what it was made of. */
export interface SelectablePod {
  readonly pod: SelectedPod;
  readonly row: PodRow;
}

/** One pod; undefined where there is none. */
export type SelectablePods = View<PodId, SelectablePod | undefined>;

/** The pods of a namespace, ordered by name. */
export type NamespacePods = View<string, readonly SelectablePod[]>;

export function createSelectablePods(
  engine: Engine,
  tables: MeshTables,
  identity: IdentityOptions,
): SelectablePods {
  return new View<PodId, SelectablePod | undefined>(engine, {
    name: 'selectable_pods',
    id: String,
    derive(read, id, before) {
      const row = read.get(tables.pods, id);
      return row && toSelectable({ row, owner: topOwner(read, tables, row), identity, before });
    },
  });
}

// There can be ten thousands of pods. They are one dependency, and not one each; and of those that are as they were nothing
// is made anew, or looked into.
export function createNamespacePods(
  engine: Engine,
  tables: MeshTables,
  identity: IdentityOptions,
): NamespacePods {
  return new View<string, readonly SelectablePod[]>(engine, {
    name: 'namespace_pods',
    id: String,
    equal: arraysEqual,
    derive(read, namespace, before = none) {
      const ownerOf = ownersOfNamespace(read, tables);
      let next = 0;
      return read.by(tables.podsByNamespace, namespace).map((row) => {
        // Both are in the same order, and most rows are the same.
        let former = before[next];
        if (former !== undefined && former.row !== row) {
          while (former !== undefined && former.row.id < row.id) former = before[++next];
          if (former?.row.id !== row.id) former = undefined;
        }
        if (former !== undefined) next++;
        return toSelectable({ row, owner: ownerOf(row), identity, before: former });
      });
    },
  });
}

const none: readonly never[] = [];

interface Making {
  readonly row: PodRow;
  readonly owner: OwnerRef;
  readonly identity: IdentityOptions;
  readonly before: SelectablePod | undefined;
}

function toSelectable({ row, owner, identity, before }: Making): SelectablePod {
  if (before !== undefined && before.row === row && plainEqual(before.pod.workload.owner, owner))
    return before;
  const { id, uid, phase, isTerminating, ips } = row;
  const pod: SelectedPod = {
    id,
    uid,
    phase,
    isTerminating,
    isMeshed: row.controlPlaneNamespace === identity.controllerNamespace,
    ips,
    directOwner: row.owner,
    workload: podWorkload(row, owner, identity),
  };
  return { pod: before !== undefined && plainEqual(before.pod, pod) ? before.pod : pod, row };
}

/** `topOwner`, for pods of one namespace: most have theirs in common with others. */
function ownersOfNamespace(read: Reader, tables: MeshTables): (pod: PodRow) => OwnerRef {
  const byKind = new Map<string, Map<string, OwnerRef>>();
  return (pod) => {
    if (pod.owner === undefined) return topOwner(read, tables, pod);
    const { kind, name } = pod.owner;
    let byName = byKind.get(kind);
    if (byName === undefined) byKind.set(kind, (byName = new Map<string, OwnerRef>()));
    let owner = byName.get(name);
    if (owner === undefined) byName.set(name, (owner = topOwner(read, tables, pod)));
    return owner;
  };
}
