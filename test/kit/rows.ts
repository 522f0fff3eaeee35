import {
  backendsId,
  controllerId,
  externalWorkloadId,
  namespaceName,
  nodeName,
  podId,
  serverId,
  serviceId,
  serviceProfileId,
  zone,
} from '../../src/core/ids.js';
import type {
  Backend,
  BackendPort,
  BackendsRow,
  ControllerRow,
  ExternalWorkloadRow,
  NamespaceRow,
  NodeRow,
  PodRow,
  ServerRow,
  ServiceProfileRow,
  ServiceRow,
} from '../../src/mesh/rows.js';

/** Builders of rows in namespace `shop`. Each takes only what a test is about. */

export const namespace = 'shop';

export function serviceRow(name: string, fields: Partial<ServiceRow> = {}): ServiceRow {
  return {
    id: serviceId(namespace, name),
    namespace,
    name,
    type: 'ClusterIP',
    ports: [{ name: 'http', port: 80 }],
    clusterIps: [],
    opaquePorts: undefined,
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
    labels: {},
    opaquePorts: undefined,
    namedPorts: [],
    ips: [],
    isOnHostNetwork: false,
    hostIps: [],
    hostPorts: [],
    phase: 'running',
    isTerminating: false,
    createdAtS: 0,
    proxy: undefined,
    ...fields,
  };
}

export function nodeRow(name: string, inZone: string | undefined, ips: readonly string[] = []): NodeRow {
  return { name: nodeName(name), zone: inZone === undefined ? undefined : zone(inZone), ips };
}

export function namespaceRow(name: string): NamespaceRow {
  return { name: namespaceName(name) };
}

export function controllerRow(name: string): ControllerRow {
  return { id: controllerId(namespace, name), namespace, name };
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
    mirror: undefined,
    triggeredAtMs: undefined,
  };
}

/** An opaque port 3306 of the pods with the label `app: <app>`. */
export function serverRow(name: string, app: string, fields: Partial<ServerRow> = {}): ServerRow {
  return {
    id: serverId(namespace, name),
    namespace,
    podSelector: [{ kind: 'in', label: 'app', values: [app] }],
    externalWorkloadSelector: undefined,
    port: { kind: 'number', port: 3306 },
    ...fields,
  };
}

export function externalWorkloadRow(
  name: string,
  fields: Partial<ExternalWorkloadRow> = {},
): ExternalWorkloadRow {
  return {
    id: externalWorkloadId(namespace, name),
    namespace,
    name,
    uid: `uid-${name}`,
    owner: undefined,
    labels: {},
    ips: [],
    ports: [],
    opaquePorts: undefined,
    inboundPort: 4143,
    identity: `spiffe://root/${name}`,
    serverName: `${name}.example`,
    ...fields,
  };
}

/** A profile of the service `service` of this namespace, kept in the namespace `from`. */
export function serviceProfileRow(
  service: string,
  fields: Partial<ServiceProfileRow> = {},
  from: string = namespace,
): ServiceProfileRow {
  const name = `${service}.${namespace}.svc.cluster.local`;
  return {
    id: serviceProfileId(from, name),
    namespace: from,
    name,
    routes: [],
    retryBudget: undefined,
    overrides: [],
    problems: [],
    ...fields,
  };
}
