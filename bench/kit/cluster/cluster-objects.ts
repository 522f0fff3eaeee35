import {
  endpointSlices,
  namespaces,
  nodes,
  pods,
  replicaSets,
  services,
} from '../../../src/sandbox/controllers/kinds.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import type { ResourceType } from '../../../src/sandbox/store/resource.js';
import { nameSuffix } from '../name-suffix.js';
import { appLabels, container, created, ownerReference, type PodFacts, podObject } from './pod-object.js';

/**
 * A large cluster as its API server would show it: meshed Deployments of very different sizes, each behind a Service.
 * Objects are as verbose as Kubernetes makes them, except for managedFields, which the sandbox's store doesn't keep.
 */

export interface ClusterSize {
  readonly services: number;
  /** Pods, each of them an endpoint of one service. */
  readonly endpoints: number;
  readonly nodes: number;
}

/** How the pods are spread: most services are small, and the largest fills ten slices. */
export const largeCluster = [
  { services: 9_000, podsEach: 5 },
  { services: 900, podsEach: 30 },
  { services: 90, podsEach: 200 },
  { services: 10, podsEach: 1_000 },
] as const;

export type Spread = readonly { readonly services: number; readonly podsEach: number }[];

export interface ClusterOptions {
  /**
   * How many nodes there are, which pods are dealt out to one by one. By default each node is filled before the next, and
   * there are as many as that takes.
   */
  readonly nodes?: number;
  /** Whether each endpoint is meant for clients of its own zone (`hints.forZones`). Default false. */
  readonly hints?: boolean;
}

export interface Entry {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

const servicesPerNamespace = 100;
const podsPerNode = 100;
const zones = ['europe-west1-b', 'europe-west1-c', 'europe-west1-d'];
export const maxEndpointsPerSlice = 100;

export function sizeOf(spread: Spread): ClusterSize {
  const total = (of: (part: Spread[number]) => number): number =>
    spread.reduce((sum, part) => sum + of(part), 0);
  const endpoints = total((part) => part.services * part.podsEach);
  return {
    services: total((part) => part.services),
    endpoints,
    nodes: Math.ceil(endpoints / podsPerNode),
  };
}

/** Names what belongs to a service by its number. */
export function serviceNames(index: number): { readonly namespace: string; readonly name: string } {
  return { namespace: `team-${Math.floor(index / servicesPerNamespace)}`, name: `service-${index}` };
}

/** The first slice of a service. */
export function firstSliceName(index: number): string {
  return sliceName(serviceNames(index).name, 0);
}

/** Every object, in an order in which each follows what it needs. */
export function* clusterObjects(spread: Spread, options: ClusterOptions = {}): Generator<Entry> {
  const size = sizeOf(spread);
  for (let index = 0; index < (options.nodes ?? size.nodes); index++)
    yield { type: nodes, object: node(index) };
  for (let index = 0; index < Math.ceil(size.services / servicesPerNamespace); index++) {
    yield {
      type: namespaces,
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `team-${index}` } },
    };
  }
  let serviceIndex = 0;
  let podIndex = 0;
  for (const { services: count, podsEach } of spread) {
    for (let each = 0; each < count; each++) {
      yield* workload({ service: serviceIndex, firstPod: podIndex, podCount: podsEach }, options);
      serviceIndex += 1;
      podIndex += podsEach;
    }
  }
}

/** The pod of this number, of a service. */
export function podFacts(service: number, pod: number, { nodes: nodeCount }: ClusterOptions = {}): PodFacts {
  const { namespace, name } = serviceNames(service);
  const hash = hashOf(service);
  const nodeIndex = nodeCount === undefined ? Math.floor(pod / podsPerNode) : pod % nodeCount;
  return {
    namespace,
    service: name,
    replicaSet: `${name}-${hash}`,
    hash,
    name: `${name}-${hash}-${nameSuffix(pod)}`,
    uid: uid('9b1d', pod),
    ip: `10.${64 + Math.floor(pod / 65_536)}.${Math.floor(pod / 256) % 256}.${pod % 256}`,
    node: nodeName(nodeIndex),
    zone: zoneOf(nodeIndex),
  };
}

interface WorkloadSize {
  readonly service: number;
  readonly firstPod: number;
  readonly podCount: number;
}

function* workload({ service, firstPod, podCount }: WorkloadSize, options: ClusterOptions): Generator<Entry> {
  const { namespace, name } = serviceNames(service);
  const hash = hashOf(service);
  const replicaSetUid = replicaSetUidOf(service);
  const facts = Array.from({ length: podCount }, (_, offset) =>
    podFacts(service, firstPod + offset, options),
  );
  yield { type: services, object: serviceObject(service, namespace, name) };
  yield {
    type: replicaSets,
    object: replicaSet({ namespace, name, hash, uid: replicaSetUid, replicas: podCount }),
  };
  for (const pod of facts) yield { type: pods, object: podObject(pod, replicaSetUid) };
  for (let first = 0; first < facts.length; first += maxEndpointsPerSlice) {
    yield {
      type: endpointSlices,
      object: endpointSlice(
        sliceName(name, first),
        facts.slice(first, first + maxEndpointsPerSlice).map((pod) => ({ pod, ready: true })),
        options,
      ),
    };
  }
}

export function replicaSetUidOf(service: number): string {
  return uid('5c2a', service);
}

function hashOf(service: number): string {
  return nameSuffix(service + 7_919, 9);
}

function serviceObject(index: number, namespace: string, name: string): KubeObject {
  const clusterIP = `172.20.${Math.floor(index / 250)}.${1 + (index % 250)}`;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      uid: uid('71e0', index),
      creationTimestamp: created,
      labels: appLabels(name),
      annotations: { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': namespace },
    },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [
        { name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' },
        { name: 'metrics', port: 9090, protocol: 'TCP', targetPort: 'metrics' },
      ],
      selector: { 'app.kubernetes.io/name': name },
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  };
}

function replicaSet(facts: {
  readonly namespace: string;
  readonly name: string;
  readonly hash: string;
  readonly uid: string;
  readonly replicas: number;
}): KubeObject {
  const { namespace, name, hash, replicas } = facts;
  const labels = { ...appLabels(name), 'pod-template-hash': hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      uid: facts.uid,
      creationTimestamp: created,
      labels,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(replicas),
        'deployment.kubernetes.io/max-replicas': String(Math.ceil(replicas * 1.25)),
        'deployment.kubernetes.io/revision': '1',
      },
      ownerReferences: [ownerReference('Deployment', name, uid('3d4f', Number.parseInt(hash, 36) % 1e9))],
    },
    spec: {
      replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': name, 'pod-template-hash': hash } },
      template: {
        metadata: { labels },
        spec: { containers: [container(name)], serviceAccountName: name },
      },
    },
    status: {
      availableReplicas: replicas,
      fullyLabeledReplicas: replicas,
      observedGeneration: 1,
      readyReplicas: replicas,
      replicas,
    },
  };
}

/** A pod as a slice has it. */
export interface SliceEntry {
  readonly pod: PodFacts;
  readonly ready: boolean;
}

export function endpointSlice(
  name: string,
  entries: readonly SliceEntry[],
  { hints = false }: ClusterOptions = {},
): KubeObject {
  const { namespace, service } = entries[0]?.pod ?? { namespace: '', service: '' };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace,
      creationTimestamp: created,
      labels: {
        ...appLabels(service),
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': service,
      },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': created },
      ownerReferences: [ownerReference('Service', service, uid('71e0', 0), 'v1')],
    },
    addressType: 'IPv4',
    endpoints: entries.map(({ pod, ready }) => ({
      addresses: [pod.ip],
      conditions: { ready, serving: ready, terminating: false },
      ...(hints && { hints: { forZones: [{ name: pod.zone }] } }),
      nodeName: pod.node,
      targetRef: { kind: 'Pod', name: pod.name, namespace: pod.namespace, uid: pod.uid },
      zone: pod.zone,
    })),
    ports: [
      { name: 'http', port: 8080, protocol: 'TCP' },
      { name: 'metrics', port: 9090, protocol: 'TCP' },
    ],
  };
}

function node(index: number): KubeObject {
  const name = nodeName(index);
  const capacity = { cpu: '32', 'ephemeral-storage': '202051056Ki', memory: '131891452Ki', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: uid('c0de', index),
      creationTimestamp: created,
      labels: {
        'beta.kubernetes.io/instance-type': 'n2-standard-32',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/instance-type': 'n2-standard-32',
        'topology.kubernetes.io/region': 'europe-west1',
        'topology.kubernetes.io/zone': zoneOf(index),
      },
    },
    spec: { podCIDR: `10.${64 + Math.floor(index / 256)}.${index % 256}.0/24` },
    status: {
      addresses: [{ address: `192.168.${Math.floor(index / 250)}.${1 + (index % 250)}`, type: 'InternalIP' }],
      allocatable: capacity,
      capacity,
      conditions: ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
        lastHeartbeatTime: created,
        lastTransitionTime: created,
        message: `kubelet reports on ${type}`,
        reason: `Kubelet${type}`,
        status: type === 'Ready' ? 'True' : 'False',
        type,
      })),
      images: Array.from({ length: 25 }, (_, image) => ({
        names: [`registry.example.com/boutique/service-${image}:1.42.0`],
        sizeBytes: 50_000_000 + image,
      })),
      nodeInfo: { architecture: 'amd64', kubeletVersion: 'v1.32.1', operatingSystem: 'linux' },
    },
  };
}

export function nodeName(index: number): string {
  return `gke-prod-pool-1-${nameSuffix(index, 4)}`;
}

export function zoneOf(nodeIndex: number): string {
  return zones[nodeIndex % zones.length]!;
}

export function sliceName(service: string, first: number): string {
  return `${service}-${nameSuffix(first)}`;
}

function uid(kind: string, index: number): string {
  return `0e7c9d4a-${kind}-4c3d-9a2e-${index.toString(16).padStart(12, '0')}`;
}
