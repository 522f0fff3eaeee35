import type { LabelSelector } from './labels.js';

/** A kind of resource that traffic is told of, as Kubernetes spells it. `Authority` is no object: what clients ask for. */
export type ResourceKind = (typeof resourceKinds)[number]['kind'];

/** Some resources of the cluster. */
export interface ResourceSelection {
  readonly kind: ResourceKind;
  /** Undefined: in all namespaces, which a selection by name never is. Namespaces themselves are in none. */
  readonly namespace: string | undefined;
  /** Undefined: all. */
  readonly name: string | undefined;
}

/** Those of the selected resources' pods that have certain labels. */
export interface PodSelection extends ResourceSelection {
  /** Empty: all. */
  readonly labels: LabelSelector;
}

/** One resource. */
export interface ResourceId {
  readonly kind: ResourceKind;
  /** Empty for a namespace. */
  readonly namespace: string;
  readonly name: string;
}

/** How people name the kinds, as kubectl takes them: plural, singular, and the short form. The plural is the API's name. */
const resourceKinds = [
  { kind: 'Namespace', plural: 'namespaces', singular: 'namespace', short: 'ns' },
  { kind: 'Deployment', plural: 'deployments', singular: 'deployment', short: 'deploy' },
  { kind: 'StatefulSet', plural: 'statefulsets', singular: 'statefulset', short: 'sts' },
  { kind: 'DaemonSet', plural: 'daemonsets', singular: 'daemonset', short: 'ds' },
  { kind: 'ReplicaSet', plural: 'replicasets', singular: 'replicaset', short: 'rs' },
  {
    kind: 'ReplicationController',
    plural: 'replicationcontrollers',
    singular: 'replicationcontroller',
    short: 'rc',
  },
  { kind: 'Job', plural: 'jobs', singular: 'job', short: 'job' },
  { kind: 'CronJob', plural: 'cronjobs', singular: 'cronjob', short: 'cj' },
  { kind: 'Pod', plural: 'pods', singular: 'pod', short: 'po' },
  { kind: 'Service', plural: 'services', singular: 'service', short: 'svc' },
  { kind: 'Authority', plural: 'authorities', singular: 'authority', short: 'au' },
] as const;

export interface ResourceNames {
  readonly plural: string;
  readonly singular: string;
  readonly short: string;
}

const byName: ReadonlyMap<string, ResourceKind> = new Map(
  resourceKinds.flatMap(({ kind, plural, singular, short }) =>
    [plural, singular, short].map((name) => [name, kind] as const),
  ),
);

const byKind: ReadonlyMap<ResourceKind, ResourceNames> = new Map(
  resourceKinds.map(({ kind, plural, singular, short }) => [kind, { plural, singular, short }]),
);

/** Every kind, in the order in which tables of several are shown. */
export const allResourceKinds: readonly ResourceKind[] = resourceKinds.map(({ kind }) => kind);

/** The kind that a user means by `deploy`, `deployment` or `Deployments`; undefined for anything else. */
export function resourceKindOf(name: string): ResourceKind | undefined {
  return byName.get(name.toLowerCase());
}

export function resourceNames(kind: ResourceKind): ResourceNames {
  const names = byKind.get(kind);
  if (names === undefined) throw new Error(`no names for ${kind}`);
  return names;
}
