import type { BackendsId, NodeName, Zone } from './ids.js';

/** Why an address that some object declares for a service is not among the endpoints of a client. */
export type Exclusion =
  /** The object says that it isn't ready. */
  | { readonly kind: 'not-ready' }
  /** The addresses beside it have no port of the name that the service's port has. */
  | { readonly kind: 'port-name-absent'; readonly portName: string }
  /** The addresses beside it have no port at all. */
  | { readonly kind: 'no-ports' }
  /** It is another instance than the one asked for; `hostname` is its own name, if it has one. */
  | { readonly kind: 'other-instance'; readonly hostname: string | undefined }
  /** The API server hasn't told of the workload, or tells of it no more. */
  | { readonly kind: 'workload-unknown'; readonly workload: NamedWorkload }
  /** The workload of that name is another one than the object means. */
  | {
      readonly kind: 'workload-replaced';
      readonly workload: NamedWorkload;
      readonly meantUid: string;
      readonly uid: string;
    }
  /** It refers to an object of a kind that nothing can be said about. */
  | { readonly kind: 'target-unsupported'; readonly targetKind: string }
  /** The service is for clients on the endpoint's own node, and this one is elsewhere. */
  | {
      readonly kind: 'other-node';
      readonly node: NodeName | undefined;
      readonly clientNode: NodeName | undefined;
    }
  /** It is meant for clients in other zones. */
  | { readonly kind: 'other-zone'; readonly forZones: readonly Zone[]; readonly clientZone: Zone }
  /** Its pod is reached by its IPv6 address. */
  | { readonly kind: 'second-family' }
  /** Another object, or a later mention in the same one, speaks for the same address. */
  | { readonly kind: 'repeated'; readonly by: BackendsId };

export interface NamedWorkload {
  readonly kind: 'Pod' | 'ExternalWorkload';
  /** `namespace/name`. */
  readonly id: string;
}
