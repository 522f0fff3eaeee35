import type { Catalog } from '../store/catalog.js';
import { type ResourceType, apiVersionOf } from '../store/resource.js';
import { reviews } from './review.js';

/**
 * The documents by which clients find out what there is: `/api`, `/apis` and below. Clients that ask for it get all of it
 * at once (aggregated discovery).
 * Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */

const objectVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Every group and version that something is in, the core group first. */
export function groupVersions(catalog: Catalog): readonly GroupVersion[] {
  const found = new Map<string, GroupVersion>();
  for (const { group, version } of [
    ...catalog.types,
    ...reviews.map(({ group }) => ({ group, version: 'v1' })),
  ]) {
    found.set(`${group}/${version}`, { group, version });
  }
  return [...found.values()].toSorted((left, right) => compare(left.group, right.group));
}

/** `/api`: the versions of the core group. */
export function coreVersions(catalog: Catalog): unknown {
  return { kind: 'APIVersions', versions: versionsOf(catalog, '') };
}

/** `/apis`: the other groups. */
export function groupList(catalog: Catalog): unknown {
  const names = [...new Set(groupVersions(catalog).map(({ group }) => group))].filter(
    (group) => group !== '',
  );
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((group) => groupOf(catalog, group)) };
}

/** `/apis/<group>`; undefined where there is none of that name. */
export function groupDocument(catalog: Catalog, group: string): unknown {
  if (versionsOf(catalog, group).length === 0) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(catalog, group) };
}

/** `/api/v1` and `/apis/<group>/<version>`; undefined where nothing is in it. */
export function resourceList(catalog: Catalog, group: string, version: string): unknown {
  const types = typesOf(catalog, group, version);
  const questions = reviewsOf(group, version);
  if (types.length === 0 && questions.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: [
      ...types.flatMap(resourceEntries),
      ...questions.map(({ plural, kind }) => ({
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced: false,
        kind,
        verbs: ['create'],
      })),
    ],
  };
}

/** `/api` or `/apis` as apidiscovery.k8s.io/v2 APIGroupDiscoveryList. */
export function aggregatedDiscovery(catalog: Catalog, root: 'api' | 'apis'): unknown {
  const names = new Set(groupVersions(catalog).map(({ group }) => group));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...names]
      .filter((group) => (group === '') === (root === 'api'))
      .map((group) => ({
        metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
        versions: versionsOf(catalog, group).map((version) => ({
          version,
          resources: [
            ...typesOf(catalog, group, version).map(discoveredResource),
            ...reviewsOf(group, version).map(({ plural, kind }) => ({
              resource: plural,
              responseKind: { group, version, kind },
              scope: 'Cluster',
              singularResource: kind.toLowerCase(),
              verbs: ['create'],
            })),
          ],
          freshness: 'Current',
        })),
      })),
  };
}

function groupOf(catalog: Catalog, group: string): object {
  const versions = versionsOf(catalog, group).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function versionsOf(catalog: Catalog, name: string): readonly string[] {
  return groupVersions(catalog).flatMap(({ group, version }) => (group === name ? [version] : []));
}

function typesOf(catalog: Catalog, group: string, version: string): readonly ResourceType[] {
  return catalog.types.filter((type) => type.group === group && type.version === version);
}

function reviewsOf(group: string, version: string): typeof reviews {
  return version === 'v1' ? reviews.filter((one) => one.group === group) : [];
}

function resourceEntries(type: ResourceType): readonly unknown[] {
  const { plural, singular, namespaced, kind, shortNames, categories, subresources } = type;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: objectVerbs,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    },
    ...subresources.map((subresource) => ({
      name: `${plural}/${subresource}`,
      singularName: '',
      namespaced,
      ...(subresource === 'scale' && { group: 'autoscaling', version: 'v1' }),
      kind: subresource === 'scale' ? 'Scale' : kind,
      verbs: subresourceVerbs,
    })),
  ];
}

function discoveredResource(type: ResourceType): unknown {
  const { plural, singular, namespaced, kind, shortNames, categories, subresources, group, version } = type;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: objectVerbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((subresource) => ({
        subresource,
        responseKind:
          subresource === 'scale'
            ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
            : { group, version, kind },
        verbs: subresourceVerbs,
      })),
    }),
  };
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
