import { EndpointPart, endpointPartsEqual } from '../core/endpoint-part.js';
import type { Exclusion } from '../core/exclusion.js';
import type { NodeName, Zone } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import { type Candidates, type CandidatesKey, candidatesId, sameCandidatesKey } from './candidates.js';
import type { Candidate } from './judge.js';

/** Which candidates a group of clients may use. */
export type Filter =
  | { readonly kind: 'all' }
  /** Those meant for clients of this zone. */
  | { readonly kind: 'zone'; readonly zone: Zone }
  /** Those on the clients' own node; none where it isn't known. */
  | { readonly kind: 'node'; readonly node: NodeName | undefined };

export interface EndpointPartKey extends CandidatesKey {
  readonly filter: Exclude<Filter, { readonly kind: 'all' }>;
}

/** The share that each object that declares backends has in the endpoints for clients who may not use all of them. */
export type EndpointParts = View<EndpointPartKey, EndpointPart>;

export function createEndpointParts(engine: Engine, candidates: Candidates): EndpointParts {
  return new View<EndpointPartKey, EndpointPart>(engine, {
    name: 'endpoint_parts',
    id: (key) => `${candidatesId(key)}|${filterId(key.filter)}`,
    sameKey: (a, b) => sameCandidatesKey(a, b) && sameFilter(a.filter, b.filter),
    equal: endpointPartsEqual,
    derive(read, { filter, ...key }) {
      const { candidates: offered } = read.view(candidates, key);
      const passing = offered.filter((candidate) => passes(filter, candidate));
      return new EndpointPart(
        key.backends,
        passing.map(({ endpoint }) => endpoint),
      );
    },
  });
}

// Apart from the reason, which would be an object for each of the thousands that a zone's clients aren't told of.
function passes(filter: Filter, { nodeName, forZones }: Candidate): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'zone':
      return forZones?.includes(filter.zone) === true;
    case 'node':
      return nodeName !== undefined && nodeName === filter.node;
  }
}

/** Why the filter keeps this candidate from its clients; undefined where it lets it pass. */
export function exclusionBy(filter: Filter, candidate: Candidate): Exclusion | undefined {
  if (filter.kind === 'all' || passes(filter, candidate)) return undefined;
  const { nodeName, forZones } = candidate;
  return filter.kind === 'zone'
    ? { kind: 'other-zone', forZones: forZones ?? [], clientZone: filter.zone }
    : { kind: 'other-node', node: nodeName, clientNode: filter.node };
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

function sameFilter(a: Filter, b: Filter): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'all':
      return b.kind === 'all';
    case 'zone':
      return b.kind === 'zone' && a.zone === b.zone;
    case 'node':
      return b.kind === 'node' && a.node === b.node;
  }
}
