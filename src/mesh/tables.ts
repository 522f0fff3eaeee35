import { plainEqual } from '../core/equal.js';
import type {
  BackendsId,
  ControllerId,
  ExternalWorkloadId,
  JobId,
  NamespaceName,
  NodeName,
  PodId,
  ReplicaSetId,
  ServerId,
  ServiceId,
  ServiceProfileId,
} from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { type Index, Table } from '../engine/table.js';
import type {
  BackendsRow,
  ControllerKind,
  ControllerRow,
  ExternalWorkloadRow,
  NamespaceRow,
  NodeRow,
  PodRow,
  ServerRow,
  ServiceProfileRow,
  ServiceRow,
  WorkloadOwnerRow,
} from './rows.js';
import { backendsRowsEqual } from './rows-equal.js';

/** Everything the control plane knows of the cluster. Reflectors write it; derivations read it. */
export interface MeshTables {
  readonly services: Table<ServiceId, ServiceRow>;
  readonly servicesByClusterIp: Index<ServiceId, ServiceRow>;
  readonly servicesByNamespace: Index<ServiceId, ServiceRow>;
  readonly backends: Table<BackendsId, BackendsRow>;
  /** Backends by the service they belong to. */
  readonly backendsByService: Index<BackendsId, BackendsRow>;
  readonly pods: Table<PodId, PodRow>;
  /** Pods that run, by the addresses that are their own. */
  readonly podsByIp: Index<PodId, PodRow>;
  /** Pods that run, by the `socketKey` of each port of their node that leads to them. */
  readonly podsByHostSocket: Index<PodId, PodRow>;
  readonly podsByNamespace: Index<PodId, PodRow>;
  readonly nodes: Table<NodeName, NodeRow>;
  readonly nodesByIp: Index<NodeName, NodeRow>;
  readonly namespaces: Table<NamespaceName, NamespaceRow>;
  /** All namespaces, under `everyNamespace`. */
  readonly namespacesEverywhere: Index<NamespaceName, NamespaceRow>;
  readonly controllers: Readonly<Record<ControllerKind, ControllerTable>>;
  readonly replicaSets: Table<ReplicaSetId, WorkloadOwnerRow>;
  readonly jobs: Table<JobId, WorkloadOwnerRow>;
  readonly serviceProfiles: Table<ServiceProfileId, ServiceProfileRow>;
  readonly servers: Table<ServerId, ServerRow>;
  readonly serversByNamespace: Index<ServerId, ServerRow>;
  readonly externalWorkloads: Table<ExternalWorkloadId, ExternalWorkloadRow>;
  /** External workloads by the `socketKey` of each port they declare. */
  readonly externalWorkloadsBySocket: Index<ExternalWorkloadId, ExternalWorkloadRow>;
}

/** The controllers of one kind. */
export interface ControllerTable {
  readonly rows: Table<ControllerId, ControllerRow>;
  readonly byNamespace: Index<ControllerId, ControllerRow>;
}

/** The one value that the index of all namespaces has. */
export const everyNamespace = 'all';

export function createMeshTables(engine: Engine): MeshTables {
  const table = <Key extends string, Row>(name: string): Table<Key, Row> =>
    new Table<Key, Row>(engine, { name, equal: plainEqual });
  const services = table<ServiceId, ServiceRow>('services');
  const backends = new Table<BackendsId, BackendsRow>(engine, { name: 'backends', equal: backendsRowsEqual });
  const pods = table<PodId, PodRow>('pods');
  const nodes = table<NodeName, NodeRow>('nodes');
  const namespaces = table<NamespaceName, NamespaceRow>('namespaces');
  const controllers = (name: string): ControllerTable => {
    const rows = table<ControllerId, ControllerRow>(name);
    return { rows, byNamespace: rows.index(({ namespace }) => [namespace]) };
  };
  const servers = table<ServerId, ServerRow>('servers');
  const externalWorkloads = table<ExternalWorkloadId, ExternalWorkloadRow>('external_workloads');
  return {
    services,
    servicesByClusterIp: services.index(({ clusterIps }) => clusterIps),
    servicesByNamespace: services.index(({ namespace }) => [namespace]),
    backends,
    backendsByService: backends.index((row) => [row.service]),
    pods,
    podsByIp: pods.index(({ phase, ips }) => (phase === 'running' ? ips : [])),
    podsByHostSocket: pods.index(({ phase, hostIps, hostPorts }) =>
      phase === 'running' ? sockets(hostIps, hostPorts) : [],
    ),
    podsByNamespace: pods.index(({ namespace }) => [namespace]),
    nodes,
    nodesByIp: nodes.index(({ ips }) => ips),
    namespaces,
    namespacesEverywhere: namespaces.index(() => [everyNamespace]),
    controllers: {
      Deployment: controllers('deployments'),
      StatefulSet: controllers('stateful_sets'),
      DaemonSet: controllers('daemon_sets'),
      ReplicationController: controllers('replication_controllers'),
      CronJob: controllers('cron_jobs'),
    },
    replicaSets: table('replica_sets'),
    jobs: table('jobs'),
    serviceProfiles: table('service_profiles'),
    servers,
    serversByNamespace: servers.index(({ namespace }) => [namespace]),
    externalWorkloads,
    externalWorkloadsBySocket: externalWorkloads.index(({ ips, ports }) =>
      sockets(
        ips,
        ports.map(({ port }) => port),
      ),
    ),
  };
}

/** Names an address and a port. */
export function socketKey(ip: string, port: number): string {
  return `${ip}|${port}`;
}

function sockets(ips: readonly string[], ports: readonly number[]): readonly string[] {
  if (ips.length === 0 || ports.length === 0) return none;
  return [...new Set(ips.flatMap((ip) => ports.map((port) => socketKey(ip, port))))];
}

const none: readonly string[] = [];
