import { type ResourceType, resourceByKind } from '../store/resource.js';

/** The kinds that the cluster's own workings read and write. */

export const namespaces = builtIn('v1', 'Namespace');
export const nodes = builtIn('v1', 'Node');
export const serviceAccounts = builtIn('v1', 'ServiceAccount');
export const pods = builtIn('v1', 'Pod');
export const services = builtIn('v1', 'Service');
export const endpoints = builtIn('v1', 'Endpoints');
export const events = builtIn('v1', 'Event');
export const endpointSlices = builtIn('discovery.k8s.io/v1', 'EndpointSlice');
export const deployments = builtIn('apps/v1', 'Deployment');
export const replicaSets = builtIn('apps/v1', 'ReplicaSet');
export const statefulSets = builtIn('apps/v1', 'StatefulSet');
export const daemonSets = builtIn('apps/v1', 'DaemonSet');
export const jobs = builtIn('batch/v1', 'Job');
export const roles = builtIn('rbac.authorization.k8s.io/v1', 'Role');
export const roleBindings = builtIn('rbac.authorization.k8s.io/v1', 'RoleBinding');
export const clusterRoles = builtIn('rbac.authorization.k8s.io/v1', 'ClusterRole');
export const clusterRoleBindings = builtIn('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding');

function builtIn(apiVersion: string, kind: string): ResourceType {
  const type = resourceByKind(apiVersion, kind);
  if (!type) throw new Error(`the store has no ${kind} of ${apiVersion}`);
  return type;
}
