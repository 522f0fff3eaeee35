import { type EndpointPart, type EndpointSet, endpointSetsEqual } from '../core/endpoint-set.js';
import type { BackendsId, NodeName, ServiceId, Zone } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { EndpointParts } from './endpoint-parts.js';
import type { MeshTables } from './tables.js';
import { targetPort } from './target-port.js';

/** What a client asks for. */
export interface Destination {
  readonly service: ServiceId;
  readonly port: number;
  /** One instance of a StatefulSet's service. */
  readonly hostname: string | undefined;
}

/** A destination as seen from one zone: all clients of the zone share the set, and its encoding. */
export interface EndpointsKey extends Destination {
  readonly zone: Zone | undefined;
}

/** A destination as seen from one node. */
export interface ClientEndpointsKey extends Destination {
  readonly node: NodeName | undefined;
}

export type Endpoints = View<EndpointsKey, EndpointSet>;
export type ClientEndpoints = View<ClientEndpointsKey, EndpointSet>;

/** The endpoints of each destination, for each zone that clients are in. */
export function createEndpoints(engine: Engine, tables: MeshTables, parts: EndpointParts): Endpoints {
  return new View<EndpointsKey, EndpointSet>(engine, {
    name: 'endpoints',
    id: (key) => `${destinationId(key)}|${key.zone ?? ''}`,
    equal: endpointSetsEqual,
    derive(read, { service: id, port, hostname, zone }) {
      const [namespace = '', name = ''] = id.split('/');
      const service = read.get(tables.services, id);
      const found = new Map<BackendsId, EndpointPart>();
      if (service !== undefined && service.type !== 'ExternalName') {
        const target = targetPort(service, port);
        for (const { id: backends } of read.by(tables.backendsByService, id)) {
          found.set(backends, read.view(parts, { backends, target, hostname }));
        }
      }
      return { service: { namespace, name }, exists: service !== undefined, clientZone: zone, parts: found };
    },
  });
}

/**
 * The endpoints for a client on a node. It only chooses which set the client is to see: what a node decides is mapped
 * here to what the sets are keyed by, so that thousands of nodes share a handful of sets, and a node that moves to
 * another zone takes its clients with it.
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
      return read.view(endpoints, { service, port, hostname, zone });
    },
  });
}

function destinationId({ service, port, hostname }: Destination): string {
  return `${service}|${port}|${hostname ?? ''}`;
}
