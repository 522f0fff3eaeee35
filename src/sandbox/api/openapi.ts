import type { Catalog } from '../store/catalog.js';
import { type ResourceType, apiVersionOf } from '../store/resource.js';
import { groupVersions } from './discovery.js';
import { schemaOf } from './openapi-schema.js';

/**
 * OpenAPI v3, as far as kubectl needs it: which kinds there are and what fields they have, and that their writes take
 * `fieldValidation` and `dryRun`, so that the checks are left to the server.
 */

/** `/openapi/v3`: where the document of each group and version is. */
export function openapiIndex(catalog: Catalog): unknown {
  const paths = groupVersions(catalog).map(({ group, version }) => {
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    // Clients cache a document under its hash.
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${catalog.revision}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

/** The document of a group and version; undefined where nothing is in it. */
export function openapiDocument(catalog: Catalog, group: string, version: string): unknown {
  const types = catalog.types.filter((type) => type.group === group && type.version === version);
  if (types.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: Object.fromEntries(types.map((type) => [pathOf(type), operationsOf(type)])),
    components: { schemas: Object.fromEntries(types.map((type) => [schemaName(type), kindSchema(type)])) },
  };
}

function pathOf(type: ResourceType): string {
  const root = type.group === '' ? '/api' : '/apis';
  const namespace = type.namespaced ? '/namespaces/{namespace}' : '';
  return `${root}/${apiVersionOf(type)}${namespace}/${type.plural}/{name}`;
}

function schemaName(type: ResourceType): string {
  const group = type.group === '' ? 'core' : type.group;
  return `io.k8s.api.${group.replaceAll('-', '_')}.${type.version}.${type.kind}`;
}

function kindOf({ group, version, kind }: ResourceType): unknown {
  return { group, version, kind };
}

function operationsOf(type: ResourceType): unknown {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  const operation = (action: string): unknown => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(type),
    parameters,
    responses: {},
  });
  return { patch: operation('patch'), put: operation('put') };
}

function kindSchema(type: ResourceType): unknown {
  return { ...schemaOf(type.shape), 'x-kubernetes-group-version-kind': [kindOf(type)] };
}
