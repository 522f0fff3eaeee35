import type { EndpointSet } from '../core/endpoint-set.js';
import type { NodeName } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { ClientPlace } from './endpoint-rule.js';
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
    id: clientEndpointsId,
    derive(read, key) {
      const { service, port, hostname } = key;
      return read.view(endpoints, { service, port, hostname, ...clientPlace(read, tables, key) });
    },
  });
}

/** Where a client on this node is, for the endpoints of this service. */
export function clientPlace(
  read: Reader,
  tables: MeshTables,
  { node, service }: Pick<ClientEndpointsKey, 'node' | 'service'>,
): ClientPlace {
  const zone = node === undefined ? undefined : read.get(tables.nodes, node)?.zone;
  const isLocal = read.get(tables.services, service)?.internalTrafficPolicy === 'Local';
  return { zone, reach: isLocal ? { kind: 'node', node } : { kind: 'cluster' } };
}

export function clientEndpointsId(key: ClientEndpointsKey): string {
  return `${destinationId(key)}|${key.node ?? ''}`;
}
