import type { PortRange } from '../core/port-ranges.js';
import type { BackendsId, JobId, NodeName, PodId, ReplicaSetId, ServiceId, Zone } from '../core/ids.js';

/**
 * What the control plane keeps of each Kubernetes object: the fields that something derives from, and no others. A
 * cluster has a hundred thousand of some of these, so every field here is paid for in memory.
 *
 * Absent optional values are stored as `undefined`, not left out, so that all rows of a kind share one hidden class.
 */

/** The one object that owns another. */
export interface OwnerRef {
  /** As Kubernetes spells it: `ReplicaSet`. */
  readonly kind: string;
  readonly name: string;
}

/** A core/v1 Service. */
export interface ServiceRow {
  readonly id: ServiceId;
  readonly namespace: string;
  readonly name: string;
  /** ExternalName services have no endpoints and can't be resolved. */
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly ports: readonly ServicePort[];
  /** `Local`: only endpoints on the client's own node. */
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
}

export interface ServicePort {
  /** Empty where the service has one unnamed port. Slices refer to a service's ports by this name. */
  readonly name: string;
  readonly port: number;
}

/**
 * The backends that one object declares for a service: a discovery.k8s.io/v1 EndpointSlice (one group), or a core/v1
 * Endpoints (one group a subset).
 */
export interface BackendsRow {
  readonly id: BackendsId;
  readonly namespace: string;
  /** The service it belongs to. */
  readonly service: ServiceId;
  readonly groups: readonly BackendGroup[];
}

/** Backends that listen on the same ports. */
export interface BackendGroup {
  readonly ports: readonly BackendPort[];
  readonly backends: readonly Backend[];
}

export interface BackendPort {
  /** The service port's name; empty where it has none. */
  readonly name: string;
  /** Where the backends listen. */
  readonly port: number;
}

/** One address. An endpoint with several addresses is as many backends. */
export interface Backend {
  /** In canonical text form (RFC 5952 for IPv6). */
  readonly ip: string;
  readonly ready: boolean;
  readonly target: BackendTarget;
  /** The instance name of a StatefulSet's pod. */
  readonly hostname: string | undefined;
  readonly zone: Zone | undefined;
  /** The zones whose clients it is meant for (EndpointSlice `hints.forZones`); undefined without hints. */
  readonly forZones: readonly Zone[] | undefined;
}

/** What stands behind an address. */
export type BackendTarget =
  /** `uid` tells a pod from a later one of the same name; undefined where the object doesn't say. */
  | { readonly kind: 'Pod'; readonly id: PodId; readonly uid: string | undefined }
  /** An address that the cluster knows nothing more about. */
  | { readonly kind: 'Address' }
  /** A kind that can't be resolved; such an address is never served. */
  | { readonly kind: 'Other'; readonly targetKind: string };

/** A core/v1 Pod. */
export interface PodRow {
  readonly id: PodId;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: NodeName | undefined;
  /** `default` where the pod names none. */
  readonly serviceAccount: string;
  /** Undefined where the pod has no owner, or several. */
  readonly owner: OwnerRef | undefined;
  /** The namespace of the control plane that its sidecar belongs to; undefined for a pod without one. */
  readonly controlPlaneNamespace: string | undefined;
  readonly podTemplateHash: string | undefined;
  /** Ports whose traffic is to be taken for bytes; undefined where the pod leaves that to the mesh's default. */
  readonly opaquePorts: readonly PortRange[] | undefined;
  /** Undefined without a sidecar, and for one that doesn't say where it listens. */
  readonly proxy: ProxyPorts | undefined;
}

/** Where a pod's sidecar listens, and where it doesn't. */
export interface ProxyPorts {
  /** For connections from other proxies. */
  readonly inbound: number;
  /** Its own services, such as metrics. */
  readonly own: readonly number[];
  /** Ports whose traffic reaches the containers directly. */
  readonly skipped: readonly PortRange[];
}

/** A core/v1 Node. */
export interface NodeRow {
  readonly name: NodeName;
  readonly zone: Zone | undefined;
}

/** An apps/v1 ReplicaSet or a batch/v1 Job, of which only the metadata is watched. */
export interface WorkloadOwnerRow {
  readonly id: ReplicaSetId | JobId;
  /** Undefined where it has no owner, or several. */
  readonly owner: OwnerRef | undefined;
}
