import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import type { TestCluster } from './test-cluster.js';

/** The slices of a Service. */
export function slicesOf({ store }: TestCluster, name: string): readonly KubeObject[] {
  return store
    .list(kinds.endpointSlices, 'default')
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
}

/** The subsets of a Service's Endpoints. */
export function subsetsOf(cluster: TestCluster, name: string): unknown {
  return cluster.get(kinds.endpoints, name)['subsets'];
}
