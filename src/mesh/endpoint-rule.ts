import type { EndpointRule } from '../core/endpoint-explanation.js';
import type { NodeName, Zone } from '../core/ids.js';
import type { Filter } from './endpoint-parts.js';

/** What the topology hints of several endpoints say together. */
export interface Hints {
  /** Whether every endpoint has them. */
  readonly areComplete: boolean;
  /** All zones that some endpoint is meant for. */
  readonly zones: ReadonlySet<Zone>;
}

/** How far from its clients an endpoint may be. */
export type Reach =
  | { readonly kind: 'cluster' }
  /** Only as far as their own node: `internalTrafficPolicy: Local`. */
  | { readonly kind: 'node'; readonly node: NodeName | undefined };

/** Where a group of clients is, as far as it decides what they are told. */
export interface ClientPlace {
  readonly zone: Zone | undefined;
  readonly reach: Reach;
}

/**
 * Topology-aware routing, with the fall-backs of its specification (KEP-2433): hints count only where every endpoint has
 * them and some are meant for the client's zone; otherwise, and for a client whose zone isn't known, all are used. With
 * `internalTrafficPolicy: Local` they don't count, and there is no fall-back.
 */
export function chooseRule(hints: Hints, { zone, reach }: ClientPlace): EndpointRule {
  if (reach.kind === 'node') return { kind: 'own-node', node: reach.node };
  if (hints.zones.size === 0) return { kind: 'unhinted' };
  if (zone === undefined) return { kind: 'zone-unknown' };
  if (!hints.areComplete) return { kind: 'hints-incomplete' };
  return hints.zones.has(zone) ? { kind: 'own-zone', zone } : { kind: 'zone-unserved', zone };
}

export function filterOf(rule: EndpointRule): Filter {
  switch (rule.kind) {
    case 'own-node':
      return { kind: 'node', node: rule.node };
    case 'own-zone':
      return { kind: 'zone', zone: rule.zone };
    case 'unhinted':
    case 'zone-unknown':
    case 'hints-incomplete':
    case 'zone-unserved':
      return { kind: 'all' };
  }
}
