import type { BackendsRow, NodeRow, PodRow, ServiceRow, WorkloadOwnerRow } from '../mesh/rows.js';
import { endpointSliceDecoder } from './decode/endpoint-slice.js';
import { endpointsDecoder } from './decode/endpoints.js';
import type { MeshLabels } from './decode/mesh-labels.js';
import { nodeDecoder } from './decode/node.js';
import { podDecoder } from './decode/pod.js';
import { serviceDecoder } from './decode/service.js';
import { workloadOwnerDecoder } from './decode/workload-owner.js';
import type { Resource } from './resource.js';

/**
 * The kinds that are watched. A service account needs `list` and `watch` on each. They are functions because a
 * decoder keeps the strings that its rows share: one for each reflector.
 */

export function services(): Resource<ServiceRow> {
  return { kind: 'Service', path: '/api/v1/services', keyOf: idOf, decode: serviceDecoder() };
}

/** The source of backends wherever the API server has it: Kubernetes 1.21 and later. */
export function endpointSlices(): Resource<BackendsRow> {
  return {
    kind: 'EndpointSlice',
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    keyOf: idOf,
    decode: endpointSliceDecoder(),
  };
}

/** The source of backends where there are no slices. */
export function endpoints(): Resource<BackendsRow> {
  return { kind: 'Endpoints', path: '/api/v1/endpoints', keyOf: idOf, decode: endpointsDecoder() };
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

function idOf(row: { readonly id: string }): string {
  return row.id;
}
