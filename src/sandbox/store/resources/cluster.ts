import { createdAtColumns, leaseColumns, roleBindingColumns } from '../columns/cluster.js';
import { endpointSliceColumns } from '../columns/network.js';
import { bindingDefaults, definitionDefaults } from '../defaults/cluster.js';
import { endpointSliceDefaults } from '../defaults/network.js';
import { type ResourceType, resourceType } from '../resource-type.js';
import * as clusterShapes from '../shapes/cluster.js';
import * as networkShapes from '../shapes/network.js';
import { bindingProblems, definitionProblems } from '../validation/cluster.js';
import { pathSegmentProblem } from '../validation/name.js';
import { endpointSliceProblems } from '../validation/network.js';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', nameProblem: pathSegmentProblem };

/** The kinds of the other groups. */
export const clusterResources: readonly ResourceType[] = [
  resourceType({
    group: 'discovery.k8s.io',
    version: 'v1',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    shape: networkShapes.endpointSlice,
    columns: endpointSliceColumns,
    defaults: endpointSliceDefaults,
    validate: endpointSliceProblems,
  }),
  resourceType({
    ...rbac,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    shape: clusterShapes.clusterRole,
    namespaced: false,
    columns: createdAtColumns,
  }),
  resourceType({
    ...rbac,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    shape: clusterShapes.binding,
    namespaced: false,
    columns: roleBindingColumns,
    defaults: bindingDefaults,
    validate: bindingProblems,
  }),
  resourceType({
    ...rbac,
    kind: 'Role',
    plural: 'roles',
    shape: clusterShapes.role,
    columns: createdAtColumns,
  }),
  resourceType({
    ...rbac,
    kind: 'RoleBinding',
    plural: 'rolebindings',
    shape: clusterShapes.binding,
    columns: roleBindingColumns,
    defaults: bindingDefaults,
    validate: bindingProblems,
  }),
  resourceType({
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    plural: 'leases',
    shape: clusterShapes.lease,
    columns: leaseColumns,
  }),
  resourceType({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    shape: clusterShapes.definition,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    namespaced: false,
    subresources: ['status'],
    generation: true,
    columns: createdAtColumns,
    defaults: definitionDefaults,
    validate: definitionProblems,
  }),
];
