import { plainEqual } from '../core/equal.js';
import {
  controllerId,
  jobId,
  namespaceName,
  podId,
  replicaSetId,
  type ServiceId,
  serviceId,
} from '../core/ids.js';
import { type LabelSelector, matchesLabels } from '../core/labels.js';
import type { PodSelection, ResourceId, ResourceKind } from '../core/resource.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { NamespacePods, SelectablePod, SelectablePods, SelectedPod } from './selectable-pods.js';
import { everyNamespace, type MeshTables } from './tables.js';

/** A resource, and the pods that it stands for, in whatever phase they are, ordered by namespace and name. */
export interface SelectedResource {
  readonly id: ResourceId;
  readonly pods: readonly SelectedPod[];
}

/** What a selection comes to. */
export interface SelectedResourceSet {
  /**
   * Whether there is what was asked for: the object of that name, with or without pods; where none is named, the
   * namespace; where neither is, always. An object that isn't known but that pods say they belong to exists, too.
   */
  readonly exists: boolean;
  /**
   * Ordered by namespace and name. Resources without pods are among them, but not where labels are asked for. Of
   * ReplicaSets and Jobs that aren't named only those that have pods: the others are what is left of former rollouts.
   */
  readonly resources: readonly SelectedResource[];
}

/**
 * The resources of a selection, at any time.
 *
 * - A namespace stands for its pods.
 * - A Deployment, StatefulSet, DaemonSet, ReplicationController or CronJob stands for the pods whose topmost controller
 *   it is; a ReplicaSet or Job for those that it created.
 * - A service stands for the pods that its EndpointSlices, or Endpoints, point to, ready or not.
 * - An authority is no object: it exists wherever its namespace does, and has no pods.
 */
export type SelectedResources = View<PodSelection, SelectedResourceSet>;

export interface SelectionSources {
  readonly tables: MeshTables;
  readonly selectablePods: SelectablePods;
  readonly namespacePods: NamespacePods;
}

export function createSelectedResources(engine: Engine, sources: SelectionSources): SelectedResources {
  return new View<PodSelection, SelectedResourceSet>(engine, {
    name: 'selected_resources',
    id: selectionId,
    equal: plainEqual,
    derive(read, selection) {
      const found = find(read, sources, selection);
      const { namespace, name, labels } = selection;
      const exists = name === undefined ? namespaceExists(read, sources.tables, namespace) : found.length > 0;
      return { exists, resources: found.flatMap((each) => withLabels(each, labels)) };
    },
  });
}

/** Names a selection, for the keys of views. */
export function selectionId({ kind, namespace, name, labels }: PodSelection): string {
  return JSON.stringify([kind, namespace ?? null, name ?? null, labels]);
}

/** The name of the resource of a kind that a pod belongs to; undefined where it belongs to none, or the pod can't tell. */
export function resourceNameOf(
  kind: ResourceKind,
  { workload, directOwner }: Pick<SelectedPod, 'workload' | 'directOwner'>,
): string | undefined {
  switch (kind) {
    case 'Namespace':
      return workload.namespace;
    case 'Pod':
      return workload.name;
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicationController':
    case 'CronJob':
      return workload.owner.kind === kind ? workload.owner.name : undefined;
    case 'ReplicaSet':
    case 'Job':
      return directOwner?.kind === kind ? directOwner.name : undefined;
    case 'Service':
    case 'Authority':
      return undefined;
  }
}

/** A resource with all its pods, whatever their labels. */
interface Found {
  readonly id: ResourceId;
  readonly pods: readonly SelectablePod[];
}

function withLabels({ id, pods }: Found, labels: LabelSelector): readonly SelectedResource[] {
  if (labels.length === 0) return [{ id, pods: pods.map(({ pod }) => pod) }];
  const matching = pods.filter((each) => matchesLabels(labels, each.row.labels)).map(({ pod }) => pod);
  return matching.length === 0 ? [] : [{ id, pods: matching }];
}

function find(read: Reader, sources: SelectionSources, selection: PodSelection): readonly Found[] {
  const { kind, namespace, name } = selection;
  if (kind === 'Namespace') {
    const names = name === undefined ? allNamespaces(read, sources.tables) : [name];
    return names
      .filter((each) => namespaceExists(read, sources.tables, each))
      .map((each) => ({
        id: { kind, namespace: '', name: each },
        pods: read.view(sources.namespacePods, each),
      }));
  }
  const namespaces = namespace === undefined ? allNamespaces(read, sources.tables) : [namespace];
  return namespaces.flatMap((each) =>
    [...findIn(read, sources, { kind, namespace: each, name })].map(([found, pods]) => ({
      id: { kind, namespace: each, name: found },
      pods,
    })),
  );
}

/** What to look for in one namespace. */
interface Sought {
  readonly kind: Exclude<ResourceKind, 'Namespace'>;
  readonly namespace: string;
  readonly name: string | undefined;
}

/** Pods by the name of their resource, in the order of names. */
type PodsByName = ReadonlyMap<string, readonly SelectablePod[]>;

function findIn(read: Reader, sources: SelectionSources, { kind, namespace, name }: Sought): PodsByName {
  const { tables } = sources;
  switch (kind) {
    case 'Pod':
      return findPods(read, sources, namespace, name);
    case 'Service':
      return findServices(read, sources, namespace, name);
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicationController':
    case 'CronJob': {
      const { rows, byNamespace } = tables.controllers[kind];
      const known =
        name === undefined
          ? read.by(byNamespace, namespace)
          : [read.get(rows, controllerId(namespace, name))];
      const names = known.flatMap((row) => (row === undefined ? [] : [row.name]));
      return findOwned(read, sources, { kind, namespace, name }, names);
    }
    case 'ReplicaSet': {
      const known = name !== undefined && read.get(tables.replicaSets, replicaSetId(namespace, name));
      return findOwned(read, sources, { kind, namespace, name }, known ? [name] : none);
    }
    case 'Job': {
      const known = name !== undefined && read.get(tables.jobs, jobId(namespace, name));
      return findOwned(read, sources, { kind, namespace, name }, known ? [name] : none);
    }
    case 'Authority':
      return new Map(name !== undefined && namespaceExists(read, tables, namespace) ? [[name, none]] : none);
  }
}

function findPods(
  read: Reader,
  { selectablePods, namespacePods }: SelectionSources,
  namespace: string,
  name: string | undefined,
): PodsByName {
  if (name === undefined) {
    return new Map(read.view(namespacePods, namespace).map((each) => [each.pod.workload.name, [each]]));
  }
  const pod = read.view(selectablePods, podId(namespace, name));
  return new Map(pod === undefined ? none : [[name, [pod]]]);
}

function findServices(
  read: Reader,
  sources: SelectionSources,
  namespace: string,
  name: string | undefined,
): PodsByName {
  const { services, servicesByNamespace } = sources.tables;
  const rows =
    name === undefined
      ? read.by(servicesByNamespace, namespace)
      : [read.get(services, serviceId(namespace, name))];
  return new Map(
    rows.flatMap((row) =>
      row === undefined ? [] : [[row.name, servicePods(read, sources, row.id)] as const],
    ),
  );
}

/** The pods of controllers: of those that are `known`, and of those that only their pods tell of. */
function findOwned(
  read: Reader,
  { namespacePods }: SelectionSources,
  { kind, namespace, name }: Sought,
  known: readonly string[],
): PodsByName {
  const found = new Map(known.map((each): [string, SelectablePod[]] => [each, []]));
  for (const each of read.view(namespacePods, namespace)) {
    const owner = resourceNameOf(kind, each.pod);
    if (owner === undefined || (name !== undefined && owner !== name)) continue;
    const pods = found.get(owner);
    if (pods === undefined) found.set(owner, [each]);
    else pods.push(each);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of a slice that means another pod of the same name, nothing is known. */
function servicePods(
  read: Reader,
  { tables, selectablePods }: SelectionSources,
  service: ServiceId,
): readonly SelectablePod[] {
  const pods = new Set<SelectablePod>();
  for (const { groups } of read.by(tables.backendsByService, service)) {
    for (const { target } of groups.flatMap(({ backends }) => backends)) {
      if (target.kind !== 'Pod') continue;
      const found = read.view(selectablePods, target.id);
      if (found !== undefined && (target.uid === undefined || target.uid === found.pod.uid)) pods.add(found);
    }
  }
  return [...pods].sort((a, b) => compareNames(a.row, b.row));
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

function compareNames(a: Named, b: Named): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

function allNamespaces(read: Reader, { namespacesEverywhere }: MeshTables): readonly string[] {
  return read.by(namespacesEverywhere, everyNamespace).map(({ name }) => name);
}

/** Undefined: all of them. One that has pods exists, also where the API server doesn't tell of namespaces. */
function namespaceExists(read: Reader, tables: MeshTables, namespace: string | undefined): boolean {
  if (namespace === undefined) return true;
  return (
    read.get(tables.namespaces, namespaceName(namespace)) !== undefined ||
    read.by(tables.podsByNamespace, namespace).length > 0
  );
}

const none: readonly never[] = [];
