import type { AddressKey } from './endpoint.js';
import type { EndpointNote } from './endpoint-note.js';
import type { Exclusion, NamedWorkload } from './exclusion.js';
import type { BackendsId, NodeName, Zone } from './ids.js';

/** Why a client is told of these endpoints of a service, and of no others. */
export interface EndpointExplanation {
  /** Undefined while there is no such service. */
  readonly service: ExplainedService | undefined;
  readonly port: ExplainedPort;
  /** The instance that was asked for. */
  readonly hostname: string | undefined;
  readonly client: ExplainedClient;
  readonly rule: EndpointRule;
  /** With the rule `hints-incomplete`: the first that isn't meant for particular zones. */
  readonly unhinted:
    | { readonly address: AddressKey; readonly workload: NamedWorkload | undefined }
    | undefined;
  /** Every address that an object declares for the service, in the order of addresses; repeated ones side by side. */
  readonly addresses: readonly ExplainedAddress[];
}

export interface ExplainedService {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
}

/** The port that was asked for, and what it stands for. */
export type ExplainedPort =
  /** A port of the service, which its objects know by this name; empty where it has none. */
  | { readonly kind: 'named'; readonly port: number; readonly name: string }
  /** No port of the service: the number of a port of the endpoints. */
  | { readonly kind: 'number'; readonly port: number };

/** Where a client is, as far as that is known. */
export interface ExplainedClient {
  /** As it says itself. */
  readonly node: NodeName | undefined;
  readonly nodeIsKnown: boolean;
  readonly zone: Zone | undefined;
}

/** Which of the endpoints that can take traffic a client is told of. */
export type EndpointRule =
  /** Those on its own node, because of `internalTrafficPolicy: Local`. */
  | { readonly kind: 'own-node'; readonly node: NodeName | undefined }
  /** Those meant for its zone. */
  | { readonly kind: 'own-zone'; readonly zone: Zone }
  /** All: none is meant for particular zones. */
  | { readonly kind: 'unhinted' }
  /** All: the client's zone isn't known. */
  | { readonly kind: 'zone-unknown' }
  /** All: some aren't meant for particular zones. */
  | { readonly kind: 'hints-incomplete' }
  /** All: none is meant for the client's zone. */
  | { readonly kind: 'zone-unserved'; readonly zone: Zone };

/** One address as one object declares it. */
export interface ExplainedAddress {
  readonly ip: string;
  /** Undefined where the object has no port that the one asked for could stand for. */
  readonly port: number | undefined;
  readonly object: BackendsId;
  /** What the object says is behind it; undefined for a bare address, and for a kind that can't be resolved. */
  readonly workload: NamedWorkload | undefined;
  readonly zone: Zone | undefined;
  /** The zones whose clients it is meant for; undefined without hints. */
  readonly forZones: readonly Zone[] | undefined;
  readonly verdict: EndpointVerdict;
}

export type EndpointVerdict =
  | { readonly kind: 'served'; readonly notes: readonly EndpointNote[] }
  | { readonly kind: 'excluded'; readonly exclusion: Exclusion };
