import type { EndpointSet } from '../core/endpoint-set.js';
import type { NodeName } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import { type Destination, destinationId, type Endpoints } from './endpoints.js';
import type { MeshTables } from './tables.js';

/** A destination as seen from one node. */
export interface ClientEndpointsKey extends Destination {
  readonly node: NodeName | undefined;
}

export type ClientEndpoints = View<ClientEndpointsKey, EndpointSet>;

/**
 * The endpoints for a client on a node. It only chooses which set the client is to see: a node is mapped here to what
 * the sets are keyed by, so that thousands of nodes share a handful of sets. A node that moves to another zone, or a
 * service that changes its traffic policy, takes its clients to another set.
 */
export function createClientEndpoints(
  engine: Engine,
  tables: MeshTables,
  endpoints: Endpoints,
): ClientEndpoints {
  return new View<ClientEndpointsKey, EndpointSet>(engine, {
    name: 'client_endpoints',
    id: (key) => `${destinationId(key)}|${key.node ?? ''}`,
    derive(read, { node, service, port, hostname }) {
      const zone = node === undefined ? undefined : read.get(tables.nodes, node)?.zone;
      const isLocal = read.get(tables.services, service)?.internalTrafficPolicy === 'Local';
      const reach = isLocal ? ({ kind: 'node', node } as const) : ({ kind: 'cluster' } as const);
      return read.view(endpoints, { service, port, hostname, zone, reach });
    },
  });
}
