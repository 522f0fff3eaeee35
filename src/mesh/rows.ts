import type {
  BackendsId,
  ControllerId,
  ExternalWorkloadId,
  JobId,
  NamespaceName,
  NodeName,
  PodId,
  ReplicaSetId,
  ServerId,
  ServiceId,
  ServiceProfileId,
  Zone,
} from '../core/ids.js';
import type { LabelSelector, Labels } from '../core/labels.js';
import type { PortRange } from '../core/port-ranges.js';
import type { DestinationOverride, RetryBudget, Route } from '../core/routes.js';

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
  /** In canonical text form; none for a headless service. */
  readonly clusterIps: readonly string[];
  /** Ports whose traffic is to be taken for bytes; undefined where the service leaves that to the mesh's default. */
  readonly opaquePorts: readonly PortRange[] | undefined;
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
  /** Undefined but for services that stand for one of another cluster. */
  readonly mirror: Mirror | undefined;
  /**
   * When the oldest change that this object is the answer to was made, in milliseconds since the epoch, as the endpoints
   * controllers note it (`endpoints.kubernetes.io/last-change-trigger-time`).
   */
  readonly triggeredAtMs: number | undefined;
}

/** What a service mirror says of the service in another cluster that these backends lead to. */
export interface Mirror {
  /** The other cluster's name. */
  readonly cluster: string | undefined;
  /** The service's full DNS name over there: what to ask a gateway for. */
  readonly remoteService: string | undefined;
  /** Who answers at a gateway's address. */
  readonly gatewayIdentity: string | undefined;
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
  | { readonly kind: 'ExternalWorkload'; readonly id: ExternalWorkloadId; readonly uid: string | undefined }
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
  readonly labels: Labels;
  /** Ports whose traffic is to be taken for bytes; undefined where the pod leaves that to the mesh's default. */
  readonly opaquePorts: readonly PortRange[] | undefined;
  /** The ports that its containers declare under a name. */
  readonly namedPorts: readonly NamedPort[];
  /** Addresses that are its own, in canonical text form; none for a pod on its node's network. */
  readonly ips: readonly string[];
  /** Whether it has no network of its own: the connections that it opens come from its node's addresses. */
  readonly isOnHostNetwork: boolean;
  /** The addresses of its node, where it is on the node's network or has ports there; none otherwise. */
  readonly hostIps: readonly string[];
  /** Ports of its node that lead to it. */
  readonly hostPorts: readonly number[];
  readonly phase: PodPhase;
  /** Whether its deletion has begun. */
  readonly isTerminating: boolean;
  /** Seconds since the epoch: tells the younger of two pods. */
  readonly createdAtS: number;
  /** Undefined without a sidecar, and for one of which nothing is said. */
  readonly proxy: ProxyPorts | undefined;
}

/**
 * How far a pod has come. `running`: its containers have been started and have not all ended. `ended`: all have, for
 * good (`Succeeded` or `Failed`). Anything else is `pending`.
 */
export type PodPhase = 'pending' | 'running' | 'ended';

/** A port that a container, or an external workload, declares under a name. Names need not be unique in a pod. */
export interface NamedPort {
  readonly name: string;
  readonly port: number;
  /** The node's port that leads to it; undefined where there is none. */
  readonly hostPort: number | undefined;
}

/** Where a pod's sidecar listens, and where it doesn't. */
export interface ProxyPorts {
  /** For connections from other proxies; undefined where it doesn't say. */
  readonly inbound: number | undefined;
  /** Its own services, such as metrics. */
  readonly own: readonly number[];
  /** Ports whose traffic reaches the containers directly. */
  readonly skipped: readonly PortRange[];
}

/** A core/v1 Node. */
export interface NodeRow {
  readonly name: NodeName;
  readonly zone: Zone | undefined;
  /** Its addresses inside of the cluster (`InternalIP`), in canonical text form. */
  readonly ips: readonly string[];
}

/** A core/v1 Namespace, of which only the metadata is watched. */
export interface NamespaceRow {
  readonly name: NamespaceName;
}

/**
 * Kinds of controllers that a user knows pods by, and of which nothing matters but that they exist: traffic is told of
 * those, too, that have no pods at the time.
 */
export type ControllerKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicationController' | 'CronJob';

/** A controller, of which only the metadata is watched. Its kind is that of its table. */
export interface ControllerRow {
  readonly id: ControllerId;
  readonly namespace: string;
  readonly name: string;
}

/** An apps/v1 ReplicaSet or a batch/v1 Job, of which only the metadata is watched. */
export interface WorkloadOwnerRow {
  readonly id: ReplicaSetId | JobId;
  /** Undefined where it has no owner, or several. */
  readonly owner: OwnerRef | undefined;
}

/**
 * A policy.linkerd.io Server that declares a port opaque. Those that declare other protocols change nothing here and are
 * not kept.
 */
export interface ServerRow {
  readonly id: ServerId;
  readonly namespace: string;
  /** The pods of its namespace that it is for; undefined: none. */
  readonly podSelector: LabelSelector | undefined;
  /** The external workloads of its namespace that it is for; undefined: none. */
  readonly externalWorkloadSelector: LabelSelector | undefined;
  readonly port: ServerPort;
}

/** A port by its number, or by the name that the workload declares it under. */
export type ServerPort =
  | { readonly kind: 'number'; readonly port: number }
  | { readonly kind: 'name'; readonly name: string };

/** A workload.linkerd.io ExternalWorkload: a machine outside of the cluster that is part of the mesh. */
export interface ExternalWorkloadRow {
  readonly id: ExternalWorkloadId;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: OwnerRef | undefined;
  readonly labels: Labels;
  /** In canonical text form. */
  readonly ips: readonly string[];
  /** Unnamed ports are declared under the empty name. */
  readonly ports: readonly NamedPort[];
  readonly opaquePorts: readonly PortRange[] | undefined;
  /** Where its proxy takes connections from other proxies. */
  readonly inboundPort: number;
  /** The identity that its proxy proves, a URI such as a SPIFFE id. */
  readonly identity: string;
  /** The name to ask for by SNI. */
  readonly serverName: string;
}

/** A linkerd.io ServiceProfile. Of what can't be understood in it nothing is kept but the account in `problems`. */
export interface ServiceProfileRow {
  readonly id: ServiceProfileId;
  readonly namespace: string;
  /** The service's full DNS name. */
  readonly name: string;
  /** In order: the first that matches a request applies. */
  readonly routes: readonly Route[];
  /** Undefined where the profile has none. */
  readonly retryBudget: RetryBudget | undefined;
  readonly overrides: readonly DestinationOverride[];
  /** What was left out, one line each. */
  readonly problems: readonly string[];
}
