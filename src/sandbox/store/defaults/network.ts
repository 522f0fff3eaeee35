import { type Fields, fieldsAt, isFields, listAt, numberAt, recordsAt, textAt } from '../field.js';
import type { KubeObject } from '../object.js';

/** What the API server fills in for services and their endpoints. Cluster IPs and node ports are not its work here. */

/**
 * A service keeps the addresses and node ports that it has been given when a new version of it says nothing of them: its
 * author never knew them.
 */
export function serviceDefaults(service: KubeObject, previous: KubeObject | undefined): KubeObject {
  const asked = fieldsAt(service, 'spec');
  if (!asked) return service;
  const spec = { ...asked, ...keptAddresses(asked, previous) };
  const type = textAt(spec, 'type') ?? 'ClusterIP';
  const clusterIp = textAt(spec, 'clusterIP') ?? '';
  const reachable = type !== 'ExternalName';
  const external = type === 'NodePort' || type === 'LoadBalancer';
  return {
    ...service,
    spec: {
      type,
      sessionAffinity: 'None',
      ...(reachable && {
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      }),
      ...(external && { externalTrafficPolicy: 'Cluster' }),
      ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: true }),
      ...spec,
      ...(clusterIp !== '' && { clusterIPs: [clusterIp, ...listAt(spec, 'clusterIPs').slice(1)] }),
      ...(Array.isArray(spec['ports']) && { ports: spec['ports'].map(servicePortDefaults) }),
    },
    status: { loadBalancer: {}, ...fieldsAt(service, 'status') },
  };
}

export function endpointsDefaults(endpoints: KubeObject): KubeObject {
  const subsets = endpoints['subsets'];
  if (!Array.isArray(subsets)) return endpoints;
  return {
    ...endpoints,
    subsets: subsets.map((subset: unknown) =>
      isFields(subset) ? { ...subset, ...withPorts(subset, { protocol: 'TCP' }) } : subset,
    ),
  };
}

export function endpointSliceDefaults(slice: KubeObject): KubeObject {
  return { ...slice, ...withPorts(slice, { name: '', protocol: 'TCP' }) };
}

function keptAddresses(spec: Fields, previous: KubeObject | undefined): Fields {
  const given = fieldsAt(previous, 'spec') ?? {};
  const type = textAt(spec, 'type') ?? 'ClusterIP';
  const kept: Record<string, unknown> = {};
  const hadAddress = textAt(given, 'type') !== 'ExternalName' && textAt(given, 'clusterIP') !== undefined;
  if (type !== 'ExternalName' && hadAddress && (textAt(spec, 'clusterIP') ?? '') === '') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      if (spec[field] === undefined || field === 'clusterIP') kept[field] = given[field];
    }
  }
  if ((type !== 'NodePort' && type !== 'LoadBalancer') || !Array.isArray(spec['ports'])) return kept;
  const before = recordsAt(given, 'ports');
  kept['ports'] = listAt(spec, 'ports').map((port) => {
    if (!isFields(port) || (numberAt(port, 'nodePort') ?? 0) !== 0) return port;
    const same = before.find(
      (one) => one['port'] === port['port'] && one['protocol'] === (port['protocol'] ?? 'TCP'),
    );
    return same?.['nodePort'] === undefined ? port : { ...port, nodePort: same['nodePort'] };
  });
  return kept;
}

function servicePortDefaults(port: unknown): unknown {
  return isFields(port) ? { protocol: 'TCP', targetPort: port['port'], ...port } : port;
}

function withPorts(object: Fields, defaults: Fields): Fields {
  const ports = object['ports'];
  if (!Array.isArray(ports)) return {};
  return { ports: ports.map((port: unknown) => (isFields(port) ? { ...defaults, ...port } : port)) };
}
