/**
 * Kubernetes objects as the API server serves them, as far as the oracle reads them. Fields that a history fills with
 * nonsense are `unknown`: whoever reads them says what counts.
 */

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly Owner[];
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
}

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

export interface Service {
  readonly metadata: Metadata;
  readonly spec: {
    readonly type?: unknown;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly internalTrafficPolicy?: unknown;
    readonly ports?: readonly Port[];
  };
}

/** A port of a Service, an EndpointSlice, an Endpoints subset or an ExternalWorkload. */
export interface Port {
  readonly name?: string | null;
  readonly protocol?: string | null;
  readonly port?: unknown;
}

export interface EndpointSlice {
  readonly metadata: Metadata;
  readonly addressType: string;
  readonly ports: readonly Port[] | null;
  readonly endpoints: readonly SliceEndpoint[] | null;
}

export interface SliceEndpoint {
  readonly addresses: readonly unknown[];
  readonly conditions?: { readonly ready?: boolean | null };
  readonly targetRef?: Target;
  readonly hostname?: string;
  readonly zone?: string;
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[] };
}

export interface Target {
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
}

export interface Endpoints {
  readonly metadata: Metadata;
  readonly subsets?: readonly Subset[] | null;
}

export interface Subset {
  readonly addresses?: readonly SubsetAddress[];
  readonly notReadyAddresses?: readonly SubsetAddress[];
  readonly ports?: readonly Port[] | null;
}

export interface SubsetAddress {
  readonly ip: unknown;
  readonly targetRef?: Target;
  readonly hostname?: string;
}

export interface Pod {
  readonly metadata: Metadata;
  readonly spec: {
    readonly nodeName?: string;
    readonly serviceAccountName?: string;
    readonly hostNetwork?: boolean;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
  };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly hostIP?: string;
    readonly hostIPs?: readonly { readonly ip: string }[];
  };
}

export interface Container {
  readonly name: string;
  readonly ports?: readonly ContainerPort[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

export interface ContainerPort {
  readonly name?: string;
  readonly protocol?: string;
  readonly containerPort?: unknown;
  readonly hostPort?: unknown;
}

export interface KubeNode {
  readonly metadata: Metadata;
}

/** A ReplicaSet or a Job. */
export interface Controller {
  readonly metadata: Metadata;
}

export interface Server {
  readonly metadata: Metadata;
  readonly spec: {
    readonly proxyProtocol?: string;
    readonly port: number | string;
    readonly podSelector?: unknown;
    readonly externalWorkloadSelector?: unknown;
  };
}

export interface ExternalWorkload {
  readonly metadata: Metadata;
  readonly spec: {
    readonly meshTLS: { readonly identity: string; readonly serverName: string };
    readonly workloadIPs?: readonly { readonly ip: string }[];
    readonly ports?: readonly Port[];
  };
}

export interface ServiceProfile {
  readonly metadata: Metadata;
  readonly spec: {
    readonly routes?: readonly unknown[] | null;
    readonly retryBudget?: unknown;
    readonly dstOverrides?: readonly unknown[] | null;
    readonly opaquePorts?: unknown;
  };
}

/** Everything in a cluster. Backends are EndpointSlices or Endpoints, whichever the control plane was told to read. */
export interface Cluster {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly endpoints: readonly Endpoints[];
  readonly pods: readonly Pod[];
  readonly nodes: readonly KubeNode[];
  readonly replicaSets: readonly Controller[];
  readonly jobs: readonly Controller[];
  readonly servers: readonly Server[];
  readonly externalWorkloads: readonly ExternalWorkload[];
  readonly serviceProfiles: readonly ServiceProfile[];
}

/** How the control plane was set up. */
export interface Settings {
  readonly clusterDomain: string;
  readonly trustDomain: string;
  /** The namespace of the control plane. */
  readonly controllerNamespace: string;
  /** `conduit.io` or `linkerd.io`: what labels and annotations of the mesh end in. */
  readonly meshDomain: string;
  readonly enableH2Upgrade: boolean;
  /** As the flag has it: `3306,4000-4002`. */
  readonly defaultOpaquePorts: string;
  /** Whether a service without overrides names itself as the one to balance over. */
  readonly enableSelfOverride: boolean;
  /** What connections to endpoints with a proxy are to be set to, in the words of `told.ts`. */
  readonly http2: string | undefined;
}

export interface Request {
  readonly rpc: 'Get' | 'GetProfile';
  readonly authority: string;
  readonly contextToken: string;
}

/** The objects of that namespace and name, of which there is one at most. */
export function find<Item extends { readonly metadata: Metadata }>(
  items: readonly Item[],
  namespace: string | undefined,
  name: string,
): Item | undefined {
  return items.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}

/** By `namespace/name`: what decides wherever several objects claim the same. */
export function inOrder<Item extends { readonly metadata: Metadata }>(
  items: readonly Item[],
): readonly Item[] {
  const key = ({ metadata }: Item): string => `${metadata.namespace}/${metadata.name}`;
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
