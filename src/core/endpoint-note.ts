import type { ServerId } from './ids.js';

/** Why a client is told what it is told of an endpoint, where that isn't the ordinary case of a meshed pod. */
export type EndpointNote =
  | { readonly kind: 'opaque'; readonly cause: OpaqueCause }
  /** No proxy takes connections there: no identity, and nothing is known of what it speaks. */
  | { readonly kind: 'no-sidecar' }
  /** Connections to the port pass by the sidecar. */
  | { readonly kind: 'port-skipped' }
  /** The sidecar proves an identity to another control plane than this one. */
  | { readonly kind: 'other-control-plane'; readonly namespace: string }
  /** A bare address. */
  | { readonly kind: 'no-workload' }
  /** A gateway, with or without a proxy, answers there for a service of another cluster. */
  | {
      readonly kind: 'gateway';
      readonly authority: string | undefined;
      readonly identity: string | undefined;
    };

/** What makes connections to a port be taken for bytes. */
export type OpaqueCause =
  /** The list of ports that the workload, or the service, is annotated with. */
  | { readonly kind: 'annotation' }
  /** The mesh's list, which holds for those without an annotation. */
  | { readonly kind: 'default-ports' }
  /** A Server that is for the workload. */
  | { readonly kind: 'server'; readonly server: ServerId };
