/**
 * Names of the things a mesh is made of. Each is a string at run time and a type of its own at compile time, so that a
 * pod's id can't be passed where a service's is due.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `namespace/name` of a Service. */
export type ServiceId = Branded<'ServiceId'>;
/** `namespace/name` of a Pod. */
export type PodId = Branded<'PodId'>;
/** `namespace/name` of a ReplicaSet. */
export type ReplicaSetId = Branded<'ReplicaSetId'>;
/** `namespace/name` of a Job. */
export type JobId = Branded<'JobId'>;
/** `namespace/name` of a Deployment or of another controller that a user knows pods by. */
export type ControllerId = Branded<'ControllerId'>;
/** `namespace/name` of an EndpointSlice or an Endpoints object. */
export type BackendsId = Branded<'BackendsId'>;
/** `namespace/name` of a Server, the resource that describes a port of some pods. */
export type ServerId = Branded<'ServerId'>;
/** `namespace/name` of an ExternalWorkload. */
export type ExternalWorkloadId = Branded<'ExternalWorkloadId'>;
/** `namespace/name` of a ServiceProfile, whose name is the full DNS name of a service. */
export type ServiceProfileId = Branded<'ServiceProfileId'>;
/** The name of a Namespace. */
export type NamespaceName = Branded<'NamespaceName'>;
/** The name of a Node. */
export type NodeName = Branded<'NodeName'>;
/** A topology zone: the value of a Node's label `topology.kubernetes.io/zone`. */
export type Zone = Branded<'Zone'>;

// Neither part can hold a slash: Kubernetes names are DNS labels or subdomains.

export function serviceId(namespace: string, name: string): ServiceId {
  return `${namespace}/${name}` as ServiceId;
}

export function podId(namespace: string, name: string): PodId {
  return `${namespace}/${name}` as PodId;
}

export function replicaSetId(namespace: string, name: string): ReplicaSetId {
  return `${namespace}/${name}` as ReplicaSetId;
}

export function jobId(namespace: string, name: string): JobId {
  return `${namespace}/${name}` as JobId;
}

export function controllerId(namespace: string, name: string): ControllerId {
  return `${namespace}/${name}` as ControllerId;
}

export function backendsId(namespace: string, name: string): BackendsId {
  return `${namespace}/${name}` as BackendsId;
}

export function serverId(namespace: string, name: string): ServerId {
  return `${namespace}/${name}` as ServerId;
}

export function externalWorkloadId(namespace: string, name: string): ExternalWorkloadId {
  return `${namespace}/${name}` as ExternalWorkloadId;
}

export function serviceProfileId(namespace: string, name: string): ServiceProfileId {
  return `${namespace}/${name}` as ServiceProfileId;
}

export function namespaceName(name: string): NamespaceName {
  return name as NamespaceName;
}

export function nodeName(name: string): NodeName {
  return name as NodeName;
}

export function zone(name: string): Zone {
  return name as Zone;
}
