import type { EndpointNote, OpaqueCause } from './endpoint-note.js';
import type { NamedWorkload } from './exclusion.js';
import type { ServiceId, ServiceProfileId } from './ids.js';

/** Why a client is told to treat the traffic for a destination as it is. */
export interface ProfileExplanation {
  readonly subject: ProfileSubject;
  /** The client's namespace, as it says itself. */
  readonly clientNamespace: string | undefined;
  /** The ServiceProfiles that are looked for, the one that goes first first; none for what is no service. */
  readonly serviceProfiles: readonly ExplainedServiceProfile[];
  /** What makes connections be taken for bytes; undefined: their protocol is detected. */
  readonly opaque: OpaqueCause | undefined;
  readonly overrides: OverrideOrigin;
  /** On the endpoint, where the destination is one. */
  readonly notes: readonly EndpointNote[];
}

/** What a name or an address stands for at present. */
export type ProfileSubject =
  | {
      readonly kind: 'service';
      readonly service: ServiceId;
      readonly by: 'name' | 'cluster-ip';
      /** The port's name, empty where it has none. */
      readonly portName: string;
    }
  /** The service doesn't have the port. */
  | { readonly kind: 'port-undefined'; readonly service: ServiceId; readonly by: 'name' | 'cluster-ip' }
  | { readonly kind: 'service-missing'; readonly service: ServiceId }
  /** The service is another name for something outside of the cluster. */
  | { readonly kind: 'external-name'; readonly service: ServiceId }
  | { readonly kind: 'instance-missing'; readonly service: ServiceId; readonly hostname: string }
  | { readonly kind: 'endpoint'; readonly by: EndpointClaim; readonly occupant: Occupant };

/** How an address was found to be somebody's. */
export type EndpointClaim =
  /** An object of the service says that the instance is there. */
  | { readonly kind: 'instance'; readonly service: ServiceId; readonly hostname: string }
  /** It is a pod's own address. */
  | { readonly kind: 'pod-ip' }
  /** It is a port of a node that leads to a pod. */
  | { readonly kind: 'host-port' }
  /** It is a port that an external workload declares. */
  | { readonly kind: 'external-workload' }
  | { readonly kind: 'nobody' };

/** Who is told to be behind an address. */
export type Occupant =
  | { readonly kind: 'workload'; readonly workload: NamedWorkload }
  /** Nobody: the cluster knows nothing of the address. */
  | { readonly kind: 'none' }
  /** Nobody, though this was told: the API server hasn't told of it, or tells of it no more. */
  | { readonly kind: 'unknown'; readonly workload: NamedWorkload }
  /** Nobody, though this was told: the workload of that name is another one. */
  | {
      readonly kind: 'replaced';
      readonly workload: NamedWorkload;
      readonly meantUid: string;
      readonly uid: string;
    }
  /** Nobody, though this was told: the pod doesn't run. */
  | { readonly kind: 'not-running'; readonly workload: NamedWorkload }
  /** Nobody, though something was told that can't be resolved. */
  | { readonly kind: 'unsupported'; readonly targetKind: string };

export interface ExplainedServiceProfile {
  readonly id: ServiceProfileId;
  /** Whose namespace it was looked for in. */
  readonly namespaceOf: 'client' | 'service';
  readonly verdict: 'applies' | 'overruled' | 'absent';
  /** What of it was left out, one line each. */
  readonly problems: readonly string[];
}

/** Where the overrides of a destination come from. */
export type OverrideOrigin =
  /** The ServiceProfile that applies has some. */
  | 'service-profile'
  /** None was set: the service itself, so that a client without a policy service balances over its endpoints. */
  | 'self'
  /** None was set, and the control plane adds none. */
  | 'none';
