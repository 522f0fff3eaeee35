import { matchesLabels } from '../../src/core/labels.js';
import type { PodSelection, ResourceKind } from '../../src/core/resource.js';
import type { BackendsRow, ControllerKind, OwnerRef, PodRow } from '../../src/mesh/rows.js';
import type { SelectedResourceSet } from '../../src/mesh/selected-resources.js';

/** What there is of a cluster, as far as selections go. All but pods and slices by `namespace/name`. */
export interface PlainCluster {
  readonly namespaces: ReadonlySet<string>;
  readonly pods: ReadonlyMap<string, PodRow>;
  readonly services: ReadonlySet<string>;
  readonly slices: ReadonlyMap<string, BackendsRow>;
  readonly controllers: Readonly<Record<ControllerKind, ReadonlySet<string>>>;
  readonly replicaSets: ReadonlyMap<string, OwnerRef | undefined>;
  readonly jobs: ReadonlyMap<string, OwnerRef | undefined>;
}

export interface PlainAnswer {
  readonly exists: boolean;
  /** `Kind namespace/name: pods`, in order. */
  readonly resources: readonly string[];
}

/** What was selected, in the words of a plain answer. */
export function plainNames({ resources }: SelectedResourceSet): readonly string[] {
  return resources.map(({ id, pods }) => {
    const ids = pods.map((pod) => pod.id);
    return `${id.kind} ${id.namespace}/${id.name}: ${ids.join(' ')}`;
  });
}

/** What a selection comes to, found out by looking at everything: pods say which resources they belong to, one by one. */
export function selectPlainly(cluster: PlainCluster, selection: PodSelection): PlainAnswer {
  const { kind, namespace, name, labels } = selection;
  const inScope = (id: string): boolean => {
    const [of, its] = split(id);
    if (name !== undefined && its !== name) return false;
    if (kind === 'Namespace') return name !== undefined || cluster.namespaces.has(its);
    return namespace === undefined ? cluster.namespaces.has(of) : of === namespace;
  };
  const byResource = new Map<string, PodRow[]>();
  for (const id of objectsOf(cluster, selection)) byResource.set(id, []);
  for (const pod of cluster.pods.values()) {
    for (const id of resourcesOf(cluster, kind, pod))
      byResource.set(id, [...(byResource.get(id) ?? []), pod]);
  }
  const found = [...byResource].filter(([id]) => inScope(id)).sort(([a], [b]) => compareIds(a, b));
  const resources = found.flatMap(([id, pods]) => {
    const matching = pods.filter((pod) => matchesLabels(labels, pod.labels));
    if (labels.length > 0 && matching.length === 0) return [];
    const ids = matching.map((pod) => pod.id).sort(compareIds);
    return [`${kind} ${id}: ${ids.join(' ')}`];
  });
  return { exists: name === undefined ? namespaceExists(cluster, namespace) : found.length > 0, resources };
}

/** The ids of a kind's objects that a selection can mean without any pod. */
function objectsOf(cluster: PlainCluster, { kind, namespace, name }: PodSelection): Iterable<string> {
  switch (kind) {
    case 'Namespace':
      return [...cluster.namespaces].map((each) => `/${each}`);
    case 'Pod':
      return [];
    case 'Service':
      return cluster.services;
    case 'ReplicaSet':
      return name === undefined ? [] : cluster.replicaSets.keys();
    case 'Job':
      return name === undefined ? [] : cluster.jobs.keys();
    case 'Authority':
      return name !== undefined && namespace !== undefined && namespaceExists(cluster, namespace)
        ? [`${namespace}/${name}`]
        : [];
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicationController':
    case 'CronJob':
      return cluster.controllers[kind];
  }
}

function resourcesOf(cluster: PlainCluster, kind: ResourceKind, pod: PodRow): readonly string[] {
  const { namespace, name, owner } = pod;
  const within = (each: string): readonly string[] => [`${namespace}/${each}`];
  switch (kind) {
    case 'Namespace':
      return [`/${namespace}`];
    case 'Pod':
      return within(name);
    case 'Service':
      return [...cluster.services].filter((service) => pointsTo(cluster, service, pod));
    case 'ReplicaSet':
    case 'Job':
      return owner?.kind === kind ? within(owner.name) : [];
    case 'Authority':
      return [];
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicationController':
    case 'CronJob': {
      const top = topOf(cluster, pod);
      return top?.kind === kind ? within(top.name) : [];
    }
  }
}

function pointsTo(cluster: PlainCluster, service: string, pod: PodRow): boolean {
  return [...cluster.slices.values()]
    .filter((slice) => slice.service === service)
    .flatMap(({ groups }) => groups.flatMap(({ backends }) => backends))
    .some(
      ({ target }) =>
        target.kind === 'Pod' && target.id === pod.id && (target.uid === undefined || target.uid === pod.uid),
    );
}

function topOf(cluster: PlainCluster, { namespace, owner }: PodRow): OwnerRef | undefined {
  const above =
    owner?.kind === 'ReplicaSet'
      ? cluster.replicaSets.get(`${namespace}/${owner.name}`)
      : owner?.kind === 'Job'
        ? cluster.jobs.get(`${namespace}/${owner.name}`)
        : undefined;
  return above ?? owner;
}

function namespaceExists(cluster: PlainCluster, namespace: string | undefined): boolean {
  return (
    namespace === undefined ||
    cluster.namespaces.has(namespace) ||
    [...cluster.pods.values()].some((pod) => pod.namespace === namespace)
  );
}

function split(id: string): readonly [string, string] {
  const [namespace = '', name = ''] = id.split('/');
  return [namespace, name];
}

/** By namespace, then by name. */
function compareIds(a: string, b: string): number {
  const [inA, nameA] = split(a);
  const [inB, nameB] = split(b);
  if (inA !== inB) return inA < inB ? -1 : 1;
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
}
