import { type Fields, at, isTrueAt, numberAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { type Pod, hasEnded } from './pod.js';

/** A pod as a backend of one Service: what EndpointSlices and Endpoints both say of it, each in its own form. */
export interface Endpoint {
  readonly pod: Pod;
  readonly ip: string;
  /** Where the pod serves the Service's ports, in their order. A port that the pod doesn't name is missing. */
  readonly ports: readonly EndpointPort[];
  /** To be sent traffic to. */
  readonly ready: boolean;
  /** The pod itself says that it could take some, though it may be on its way out. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The name of the pod within the Service's domain, where the pod asks for one. */
  readonly hostname: string | undefined;
  readonly zone: string | undefined;
}

export interface EndpointPort {
  /** The Service port's name; empty where it has none. */
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/**
 * The backends that the Service has in the pods that it selects. Pods without an address and pods that have ended are
 * none; those that are not ready, or on their way out, are, and say so.
 */
export function endpointsOf(
  service: KubeObject,
  selected: readonly Pod[],
  zoneOf: (nodeName: string) => string | undefined,
): readonly Endpoint[] {
  const servicePorts = recordsAt(service, 'spec', 'ports');
  const publishesNotReady = isTrueAt(service, 'spec', 'publishNotReadyAddresses');
  return selected.flatMap((pod) => {
    if (pod.ip === undefined || hasEnded(pod)) return [];
    const { terminating, nodeName } = pod;
    return [
      {
        pod,
        ip: pod.ip,
        ports: servicePorts.flatMap((port) => resolvedPort(port, pod)),
        ready: publishesNotReady || (pod.ready && !terminating),
        serving: pod.ready,
        terminating,
        hostname: pod.subdomain === service.metadata.name ? pod.hostname : undefined,
        zone: nodeName === undefined ? undefined : zoneOf(nodeName),
      },
    ];
  });
}

function resolvedPort(servicePort: Fields, pod: Pod): readonly EndpointPort[] {
  const protocol = textAt(servicePort, 'protocol') ?? 'TCP';
  const port = targetPort(servicePort, pod, protocol);
  if (port === undefined) return [];
  const appProtocol = textAt(servicePort, 'appProtocol');
  const name = textAt(servicePort, 'name') ?? '';
  return [{ name, port, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
}

/** A number stands for itself; a name is looked up among the pod's ports, so pods may serve it on different ones. */
function targetPort(servicePort: Fields, pod: Pod, protocol: string): number | undefined {
  const target = at(servicePort, 'targetPort');
  if (typeof target === 'number' && target !== 0) return target;
  if (typeof target !== 'string' || target === '') return numberAt(servicePort, 'port');
  return pod.ports.find((port) => port.name === target && port.protocol === protocol)?.port;
}

/** The endpoints that listen on the same ports, together; the groups in an order of their own, by what they listen on. */
export function groupByPorts(endpoints: readonly Endpoint[]): readonly PortGroup[] {
  const groups = new Map<
    string,
    { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }
  >();
  for (const endpoint of endpoints) {
    const key = endpoint.ports.map(({ name, port }) => `${name}:${port}`).join();
    const group = groups.get(key);
    if (group) group.endpoints.push(endpoint);
    else groups.set(key, { ports: endpoint.ports, endpoints: [endpoint] });
  }
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, group]) => group);
}

export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export function isHeadless(service: KubeObject): boolean {
  return at(service, 'spec', 'clusterIP') === 'None';
}

/** The reference from an address to its pod. */
export function targetRef({ uid, name, namespace }: Pod): Fields {
  return { kind: 'Pod', namespace, name, uid };
}
