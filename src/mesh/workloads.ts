import type { PodWorkload } from '../core/endpoint.js';
import { plainEqual } from '../core/equal.js';
import { jobId, type NodeName, type PodId, replicaSetId } from '../core/ids.js';
import type { PortRange } from '../core/port-ranges.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import { opaqueServerPorts, type OpaqueServers, type ServerSubject } from './opaque-servers.js';
import type { OwnerRef, PodRow, ProxyPorts } from './rows.js';
import type { MeshTables } from './tables.js';

export interface IdentityOptions {
  /** The namespace this control plane runs in. */
  readonly controllerNamespace: string;
  /** The suffix of every identity that the mesh's certificates prove. */
  readonly trustDomain: string;
}

/** A pod that exists, as far as others need to know it. */
export interface KnownPod {
  readonly kind: 'Pod';
  /** Tells it from a later pod of the same name. */
  readonly uid: string;
  readonly nodeName: NodeName | undefined;
  readonly opaquePorts: readonly PortRange[] | undefined;
  /** Ports that Servers declare opaque, whatever `opaquePorts` says. */
  readonly opaqueServerPorts: readonly number[];
  readonly proxy: ProxyPorts | undefined;
  readonly workload: PodWorkload;
}

/** What each pod is and belongs to; undefined for one that the API server doesn't know. */
export type Workloads = View<PodId, KnownPod | undefined>;

export function createWorkloads(
  engine: Engine,
  tables: MeshTables,
  servers: OpaqueServers,
  identity: IdentityOptions,
): Workloads {
  return new View<PodId, KnownPod | undefined>(engine, {
    name: 'workloads',
    id: String,
    equal: plainEqual,
    derive(read, id) {
      const pod = read.get(tables.pods, id);
      if (pod === undefined) return undefined;
      const { uid, nodeName, opaquePorts, proxy } = pod;
      return {
        kind: 'Pod',
        uid,
        nodeName,
        opaquePorts,
        opaqueServerPorts: opaqueServerPorts(read.view(servers, pod.namespace), serverSubject(pod)),
        proxy,
        workload: podWorkload(pod, topOwner(read, tables, pod), identity),
      };
    },
  });
}

export function serverSubject({ namespace, labels, namedPorts }: PodRow): ServerSubject {
  return { kind: 'Pod', namespace, labels, namedPorts };
}

/** What is the same for every address and port of a pod. */
export function podWorkload(pod: PodRow, owner: OwnerRef, identity: IdentityOptions): PodWorkload {
  return {
    kind: 'Pod',
    namespace: pod.namespace,
    name: pod.name,
    owner,
    serviceAccount: pod.serviceAccount,
    podTemplateHash: pod.podTemplateHash,
    controlPlaneNamespace: pod.controlPlaneNamespace,
    identity:
      pod.controlPlaneNamespace === identity.controllerNamespace ? identityName(pod, identity) : undefined,
  };
}

/**
 * The controller that a user knows the pod by: the Deployment behind its ReplicaSet, the CronJob behind its Job. A
 * ReplicaSet or Job that isn't known, or whose owner is of a kind that nothing can be said about, stands for itself.
 */
export function topOwner(read: Reader, tables: MeshTables, pod: PodRow): OwnerRef {
  const { owner } = pod;
  if (owner === undefined) return { kind: 'Pod', name: pod.name };
  switch (owner.kind) {
    case 'ReplicaSet': {
      const above = read.get(tables.replicaSets, replicaSetId(pod.namespace, owner.name))?.owner;
      return above !== undefined && replicaSetOwners.has(above.kind) ? above : owner;
    }
    case 'Job':
      return read.get(tables.jobs, jobId(pod.namespace, owner.name))?.owner ?? owner;
    default:
      return owner;
  }
}

const replicaSetOwners: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job']);

/** The DNS-like name of a service account, as Linkerd's identity issuer certifies it. */
function identityName(pod: PodRow, { controllerNamespace, trustDomain }: IdentityOptions): string {
  return `${pod.serviceAccount}.${pod.namespace}.serviceaccount.identity.${controllerNamespace}.${trustDomain}`;
}
