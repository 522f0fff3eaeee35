import { backendsId, nodeName, podId, serviceId, zone } from '../../src/core/ids.js';
import type { Backend, BackendPort, BackendsRow, NodeRow, PodRow, ServiceRow } from '../../src/mesh/rows.js';

/** Builders of rows in namespace `shop`. Each takes only what a test is about. */

export const namespace = 'shop';

export function serviceRow(name: string, fields: Partial<ServiceRow> = {}): ServiceRow {
  return {
    id: serviceId(namespace, name),
    namespace,
    name,
    type: 'ClusterIP',
    ports: [{ name: 'http', port: 80 }],
    internalTrafficPolicy: 'Cluster',
    ...fields,
  };
}

export function podRow(name: string, fields: Partial<PodRow> = {}): PodRow {
  return {
    id: podId(namespace, name),
    namespace,
    name,
    uid: `uid-${name}`,
    nodeName: undefined,
    serviceAccount: 'default',
    owner: undefined,
    controlPlaneNamespace: undefined,
    podTemplateHash: undefined,
    opaquePorts: undefined,
    proxy: undefined,
    ...fields,
  };
}

export function nodeRow(name: string, inZone: string | undefined): NodeRow {
  return { name: nodeName(name), zone: inZone === undefined ? undefined : zone(inZone) };
}

export function podBackend(ip: string, pod: string, fields: Partial<Backend> = {}): Backend {
  return {
    ip,
    ready: true,
    target: { kind: 'Pod', id: podId(namespace, pod), uid: `uid-${pod}` },
    hostname: undefined,
    zone: undefined,
    forZones: undefined,
    ...fields,
  };
}

export function bareBackend(ip: string, fields: Partial<Backend> = {}): Backend {
  return {
    ip,
    ready: true,
    target: { kind: 'Address' },
    hostname: undefined,
    zone: undefined,
    forZones: undefined,
    ...fields,
  };
}

export function sliceRow(
  service: string,
  suffix: string,
  backends: readonly Backend[],
  ports: readonly BackendPort[] = [{ name: 'http', port: 8080 }],
): BackendsRow {
  return {
    id: backendsId(namespace, `${service}-${suffix}`),
    namespace,
    service: serviceId(namespace, service),
    groups: [{ ports, backends }],
  };
}
