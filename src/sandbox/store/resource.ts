import { type ResourceType, apiVersionOf } from './resource-type.js';
import { clusterResources } from './resources/cluster.js';
import { coreResources } from './resources/core.js';
import { workloadResources } from './resources/workload.js';

export { type ResourceType, type Subresource, apiVersionOf } from './resource-type.js';

/** The kinds that are always there. Definitions add others at run time (`catalog.ts`). */
export const resources: readonly ResourceType[] = [
  ...coreResources,
  ...workloadResources,
  ...clusterResources,
];

const byKind = new Map(resources.map((type) => [`${apiVersionOf(type)} ${type.kind}`, type]));

/** The built-in type of `apps/v1` and `Deployment`. */
export function resourceByKind(apiVersion: string, kind: string): ResourceType | undefined {
  return byKind.get(`${apiVersion} ${kind}`);
}

/** The type that a namespace is of. */
export const namespaceType: ResourceType = builtIn('v1', 'Namespace');

/** The type that a CustomResourceDefinition is of. */
export const definitionType: ResourceType = builtIn('apiextensions.k8s.io/v1', 'CustomResourceDefinition');

function builtIn(apiVersion: string, kind: string): ResourceType {
  const type = resourceByKind(apiVersion, kind);
  if (!type) throw new Error(`the registry has no ${kind}`);
  return type;
}
