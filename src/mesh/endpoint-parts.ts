import type { AddressKey, Endpoint } from '../core/endpoint.js';
import { type EndpointPart, endpointPartsEqual } from '../core/endpoint-set.js';
import type { NodeName, Zone } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import { type Candidate, type Candidates, type CandidatesKey, candidatesId } from './candidates.js';

/** Which candidates a group of clients may use. */
export type Filter =
  | { readonly kind: 'all' }
  /** Those meant for clients of this zone. */
  | { readonly kind: 'zone'; readonly zone: Zone }
  /** Those on the clients' own node; none where it isn't known. */
  | { readonly kind: 'node'; readonly node: NodeName | undefined };

export interface EndpointPartKey extends CandidatesKey {
  readonly filter: Filter;
}

/** The share that each object that declares backends has in the endpoints for a group of clients. */
export type EndpointParts = View<EndpointPartKey, EndpointPart>;

export function createEndpointParts(engine: Engine, candidates: Candidates): EndpointParts {
  return new View<EndpointPartKey, EndpointPart>(engine, {
    name: 'endpoint_parts',
    id: (key) => `${candidatesId(key)}|${filterId(key.filter)}`,
    equal: endpointPartsEqual,
    derive(read, { filter, ...key }) {
      const part = new Map<AddressKey, Endpoint>();
      for (const [address, candidate] of read.view(candidates, key).byAddress) {
        if (passes(candidate, filter)) part.set(address, candidate.endpoint);
      }
      return part;
    },
  });
}

function passes({ nodeName, forZones }: Candidate, filter: Filter): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'zone':
      return forZones?.includes(filter.zone) === true;
    case 'node':
      return nodeName !== undefined && nodeName === filter.node;
  }
}

function filterId(filter: Filter): string {
  switch (filter.kind) {
    case 'all':
      return 'all';
    case 'zone':
      return `zone|${filter.zone}`;
    case 'node':
      return `node|${filter.node ?? ''}`;
  }
}
