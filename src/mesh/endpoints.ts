import { type Endpoint, isIpv6 } from '../core/endpoint.js';
import { type EndpointPart, type EndpointSet, endpointSetsEqual } from '../core/endpoint-set.js';
import type { BackendsId, NodeName, ServiceId, Zone } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { CandidatePart, Candidates } from './candidates.js';
import type { EndpointParts, Filter } from './endpoint-parts.js';
import type { MeshTables } from './tables.js';
import { targetPort } from './target-port.js';

/** What a client asks for. */
export interface Destination {
  readonly service: ServiceId;
  readonly port: number;
  /** One instance of a StatefulSet's service. */
  readonly hostname: string | undefined;
}

/** How far from its clients an endpoint may be. */
export type Reach =
  | { readonly kind: 'cluster' }
  /** Only as far as their own node: `internalTrafficPolicy: Local`. */
  | { readonly kind: 'node'; readonly node: NodeName | undefined };

/** A destination as seen by a group of clients, who share the set and its encoding. */
export interface EndpointsKey extends Destination {
  readonly zone: Zone | undefined;
  readonly reach: Reach;
}

export type Endpoints = View<EndpointsKey, EndpointSet>;

/** The endpoints of each destination, for each group of clients. */
export function createEndpoints(
  engine: Engine,
  tables: MeshTables,
  candidates: Candidates,
  parts: EndpointParts,
): Endpoints {
  return new View<EndpointsKey, EndpointSet>(engine, {
    name: 'endpoints',
    id: (key) => `${destinationId(key)}|${key.zone ?? ''}|${reachId(key.reach)}`,
    equal: endpointSetsEqual,
    derive(read, { service: id, port, hostname, zone, reach }) {
      const [namespace = '', name = ''] = id.split('/');
      const service = read.get(tables.services, id);
      const found = new Map<BackendsId, EndpointPart>();
      let hasIpv6 = false;
      if (service !== undefined && service.type !== 'ExternalName') {
        const target = targetPort(service, port);
        const objects = read.by(tables.backendsByService, id);
        const offered = objects.map(({ id: backends }) =>
          read.view(candidates, { backends, target, hostname }),
        );
        const filter: Filter = reach.kind === 'node' ? reach : hintedFilter(offered, zone);
        for (const { id: backends } of objects) {
          found.set(backends, read.view(parts, { backends, target, hostname, filter }));
        }
        hasIpv6 = offered.some((part) => part.hasIpv6);
      }
      return {
        service: { namespace, name },
        exists: service !== undefined,
        clientZone: zone,
        parts: hasIpv6 ? preferIpv6(found) : found,
      };
    },
  });
}

export function destinationId({ service, port, hostname }: Destination): string {
  return `${service}|${port}|${hostname ?? ''}`;
}

function reachId(reach: Reach): string {
  return reach.kind === 'node' ? `node|${reach.node ?? ''}` : reach.kind;
}

/**
 * Topology-aware routing, with the fall-backs of its specification (KEP-2433): hints count only where every endpoint has
 * them and some are meant for the client's zone; otherwise, and for a client whose zone isn't known, all are used.
 */
function hintedFilter(offered: readonly CandidatePart[], zone: Zone | undefined): Filter {
  if (zone === undefined) return { kind: 'all' };
  const isUsable =
    offered.every((part) => part.isHinted) && offered.some((part) => part.hintedZones.has(zone));
  return isUsable ? { kind: 'zone', zone } : { kind: 'all' };
}

/**
 * Of a dual-stack pod the IPv6 address alone, so that it doesn't count twice. Addresses without a pod behind them can't
 * be told to belong together and are all kept.
 */
function preferIpv6(parts: ReadonlyMap<BackendsId, EndpointPart>): ReadonlyMap<BackendsId, EndpointPart> {
  const dualStack = new Set<string>();
  for (const part of parts.values()) {
    for (const endpoint of part.values()) if (isIpv6(endpoint)) dualStack.add(podOf(endpoint) ?? '');
  }
  dualStack.delete('');
  if (dualStack.size === 0) return parts;
  const isRedundant = (endpoint: Endpoint): boolean =>
    !isIpv6(endpoint) && dualStack.has(podOf(endpoint) ?? '');
  return new Map(
    [...parts].map(([id, part]) => [
      id,
      [...part.values()].some(isRedundant)
        ? new Map([...part].filter(([, endpoint]) => !isRedundant(endpoint)))
        : part,
    ]),
  );
}

function podOf({ workload }: Endpoint): string | undefined {
  return workload === undefined ? undefined : `${workload.namespace}/${workload.pod}`;
}
