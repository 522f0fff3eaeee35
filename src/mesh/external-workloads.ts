import type { ExternalWorkload } from '../core/endpoint.js';
import { plainEqual } from '../core/equal.js';
import type { ExternalWorkloadId } from '../core/ids.js';
import type { PortRange } from '../core/port-ranges.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import { opaqueServerPorts, type OpaqueServers, type ServerSubject } from './opaque-servers.js';
import type { ExternalWorkloadRow } from './rows.js';
import type { MeshTables } from './tables.js';

/** An external workload that exists, as far as others need to know it. */
export interface KnownExternalWorkload {
  readonly kind: 'ExternalWorkload';
  /** Tells it from a later one of the same name. */
  readonly uid: string;
  readonly opaquePorts: readonly PortRange[] | undefined;
  /** Ports that Servers declare opaque, whatever `opaquePorts` says. */
  readonly opaqueServerPorts: readonly number[];
  readonly inboundPort: number;
  readonly workload: ExternalWorkload;
}

/** What each external workload is; undefined for one that the API server doesn't know. */
export type ExternalWorkloads = View<ExternalWorkloadId, KnownExternalWorkload | undefined>;

export function createExternalWorkloads(
  engine: Engine,
  tables: MeshTables,
  servers: OpaqueServers,
): ExternalWorkloads {
  return new View<ExternalWorkloadId, KnownExternalWorkload | undefined>(engine, {
    name: 'external_workloads',
    id: String,
    equal: plainEqual,
    derive(read, id) {
      const row = read.get(tables.externalWorkloads, id);
      if (row === undefined) return undefined;
      const { uid, opaquePorts, inboundPort, namespace, name, owner, identity, serverName } = row;
      return {
        kind: 'ExternalWorkload',
        uid,
        opaquePorts,
        opaqueServerPorts: opaqueServerPorts(read.view(servers, namespace), externalWorkloadSubject(row)),
        inboundPort,
        workload: { kind: 'ExternalWorkload', namespace, name, owner, identity, serverName },
      };
    },
  });
}

export function externalWorkloadSubject({ namespace, labels, ports }: ExternalWorkloadRow): ServerSubject {
  return { kind: 'ExternalWorkload', namespace, labels, namedPorts: ports };
}
