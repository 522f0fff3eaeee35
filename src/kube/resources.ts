import type {
  BackendsRow,
  ControllerKind,
  ControllerRow,
  ExternalWorkloadRow,
  NamespaceRow,
  NodeRow,
  PodRow,
  ServerRow,
  ServiceProfileRow,
  ServiceRow,
  WorkloadOwnerRow,
} from '../mesh/rows.js';
import { controllerDecoder } from './decode/controller.js';
import { endpointSliceDecoder } from './decode/endpoint-slice.js';
import { endpointsDecoder } from './decode/endpoints.js';
import { externalWorkloadDecoder } from './decode/external-workload.js';
import type { MeshLabels } from './decode/mesh-labels.js';
import { namespaceDecoder } from './decode/namespace.js';
import { nodeDecoder } from './decode/node.js';
import { podDecoder } from './decode/pod.js';
import { serverDecoder } from './decode/server.js';
import { serviceDecoder } from './decode/service.js';
import { serviceProfileDecoder } from './decode/service-profile.js';
import { workloadOwnerDecoder } from './decode/workload-owner.js';
import type { Resource } from './resource.js';
import { shareBackends } from './shared-backends.js';

/**
 * The kinds that are watched. A service account needs `list` and `watch` on each. They are functions because a
 * decoder keeps the strings that its rows share: one for each reflector.
 */

export function services(labels: MeshLabels): Resource<ServiceRow> {
  return { kind: 'Service', path: '/api/v1/services', keyOf: idOf, decode: serviceDecoder(labels) };
}

/** The source of backends wherever the API server has it: Kubernetes 1.21 and later. */
export function endpointSlices(labels: MeshLabels): Resource<BackendsRow> {
  return {
    kind: 'EndpointSlice',
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    keyOf: idOf,
    decode: endpointSliceDecoder(labels),
    share: shareBackends,
  };
}

/** The source of backends where there are no slices. */
export function endpoints(labels: MeshLabels): Resource<BackendsRow> {
  return {
    kind: 'Endpoints',
    path: '/api/v1/endpoints',
    keyOf: idOf,
    decode: endpointsDecoder(labels),
    share: shareBackends,
  };
}

export function pods(labels: MeshLabels): Resource<PodRow> {
  return { kind: 'Pod', path: '/api/v1/pods', keyOf: idOf, decode: podDecoder(labels) };
}

export function nodes(): Resource<NodeRow> {
  return { kind: 'Node', path: '/api/v1/nodes', keyOf: (row) => row.name, decode: nodeDecoder() };
}

export function replicaSets(): Resource<WorkloadOwnerRow> {
  return {
    kind: 'ReplicaSet',
    path: '/apis/apps/v1/replicasets',
    representation: 'metadata',
    keyOf: idOf,
    decode: workloadOwnerDecoder('ReplicaSet'),
  };
}

export function jobs(): Resource<WorkloadOwnerRow> {
  return {
    kind: 'Job',
    path: '/apis/batch/v1/jobs',
    representation: 'metadata',
    keyOf: idOf,
    decode: workloadOwnerDecoder('Job'),
  };
}

export function namespaces(): Resource<NamespaceRow> {
  return {
    kind: 'Namespace',
    path: '/api/v1/namespaces',
    representation: 'metadata',
    optional: true,
    keyOf: (row) => row.name,
    decode: namespaceDecoder(),
  };
}

/** Not every API server has all of them: they only name what there is, so those that it lacks count as none. */
export function controllers(kind: ControllerKind): Resource<ControllerRow> {
  return {
    kind,
    path: controllerPaths[kind],
    representation: 'metadata',
    optional: true,
    keyOf: idOf,
    decode: controllerDecoder(),
  };
}

const controllerPaths: Readonly<Record<ControllerKind, string>> = {
  Deployment: '/apis/apps/v1/deployments',
  StatefulSet: '/apis/apps/v1/statefulsets',
  DaemonSet: '/apis/apps/v1/daemonsets',
  ReplicationController: '/api/v1/replicationcontrollers',
  CronJob: '/apis/batch/v1/cronjobs',
};

/** Linkerd's, under its own group whatever the mesh's domain, as are the two below. */
export function serviceProfiles(): Resource<ServiceProfileRow> {
  return {
    kind: 'ServiceProfile',
    path: '/apis/linkerd.io/v1alpha2/serviceprofiles',
    optional: true,
    keyOf: idOf,
    decode: serviceProfileDecoder(),
  };
}

export function servers(): Resource<ServerRow> {
  return {
    kind: 'Server',
    path: '/apis/policy.linkerd.io/v1beta3/servers',
    optional: true,
    keyOf: idOf,
    decode: serverDecoder(),
  };
}

export function externalWorkloads(labels: MeshLabels): Resource<ExternalWorkloadRow> {
  return {
    kind: 'ExternalWorkload',
    path: '/apis/workload.linkerd.io/v1beta1/externalworkloads',
    optional: true,
    keyOf: idOf,
    decode: externalWorkloadDecoder(labels),
  };
}

function idOf(row: { readonly id: string }): string {
  return row.id;
}
