import { plainEqual } from '../core/equal.js';
import type { BackendsId, JobId, NodeName, PodId, ReplicaSetId, ServiceId } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { type Index, Table } from '../engine/table.js';
import type { BackendsRow, NodeRow, PodRow, ServiceRow, WorkloadOwnerRow } from './rows.js';

/** Everything the control plane knows of the cluster. Reflectors write it; derivations read it. */
export interface MeshTables {
  readonly services: Table<ServiceId, ServiceRow>;
  readonly backends: Table<BackendsId, BackendsRow>;
  /** Backends by the service they belong to. */
  readonly backendsByService: Index<BackendsId, BackendsRow>;
  readonly pods: Table<PodId, PodRow>;
  readonly nodes: Table<NodeName, NodeRow>;
  readonly replicaSets: Table<ReplicaSetId, WorkloadOwnerRow>;
  readonly jobs: Table<JobId, WorkloadOwnerRow>;
}

export function createMeshTables(engine: Engine): MeshTables {
  const table = <Key extends string, Row>(name: string): Table<Key, Row> =>
    new Table<Key, Row>(engine, { name, equal: plainEqual });
  const backends = table<BackendsId, BackendsRow>('backends');
  return {
    services: table('services'),
    backends,
    backendsByService: backends.index((row) => [row.service]),
    pods: table('pods'),
    nodes: table('nodes'),
    replicaSets: table('replica_sets'),
    jobs: table('jobs'),
  };
}
