import type { Endpoint, ProtocolHint, Workload } from '../core/endpoint.js';
import type { OpaqueCause } from '../core/endpoint-note.js';
import type { Zone } from '../core/ids.js';
import { includesPort, type PortRange } from '../core/port-ranges.js';
import type { KnownExternalWorkload } from './external-workloads.js';
import type { KnownPod } from './workloads.js';

/** What a mesh says about all of its endpoints. */
export interface EndpointOptions {
  /** Whether proxies may carry HTTP/1 over HTTP/2 between each other. */
  readonly enableH2Upgrade: boolean;
  /** Ports whose traffic is taken for bytes, for workloads and services that don't say otherwise. */
  readonly defaultOpaquePorts: readonly PortRange[];
}

/** An address and what is known of it besides its workload. */
export interface Place {
  readonly ip: string;
  readonly port: number;
  readonly zone: Zone | undefined;
}

/** Linkerd's unit of weight, so that a fraction of one endpoint's share can be said in whole numbers. */
const defaultWeight = 10_000;

export function podEndpoint(place: Place, pod: KnownPod, options: EndpointOptions): Endpoint {
  return endpoint(place, pod.workload, podHint(pod, place.port, options));
}

export function externalWorkloadEndpoint(
  place: Place,
  external: KnownExternalWorkload,
  options: EndpointOptions,
): Endpoint {
  // Its proxy is of our making, and always a current one: it takes HTTP/2 whatever the pods of the cluster do.
  const hint: ProtocolHint = isOpaque(external, place.port, options)
    ? { protocol: 'opaque', transportPort: external.inboundPort }
    : h2Hint;
  return endpoint(place, external.workload, hint);
}

/** An address that nothing more is known about. */
export function bareEndpoint(place: Place): Endpoint {
  return endpoint(place, undefined, undefined);
}

/** An address where a gateway, with or without a proxy, answers for a service of another cluster. */
export function gatewayEndpoint(
  place: Place,
  gateway: NonNullable<Endpoint['gateway']>,
  { enableH2Upgrade }: EndpointOptions,
): Endpoint {
  const hint = enableH2Upgrade ? h2Hint : unknownHint;
  return { ...bareEndpoint(place), hint: gateway.identity === undefined ? undefined : hint, gateway };
}

/** Whether connections to this port of a workload are bytes. */
export function isOpaque(workload: OpaqueSubject, port: number, options: EndpointOptions): boolean {
  return opaqueCause(workload, port, options) !== undefined;
}

/** What makes connections to this port of a workload bytes; the first where several do, undefined where nothing does. */
export function opaqueCause(
  { opaquePorts, opaqueServerPorts }: OpaqueSubject,
  port: number,
  { defaultOpaquePorts }: EndpointOptions,
): OpaqueCause['kind'] | undefined {
  if (opaquePorts !== undefined) {
    if (includesPort(opaquePorts, port)) return 'annotation';
  } else if (includesPort(defaultOpaquePorts, port)) {
    return 'default-ports';
  }
  return opaqueServerPorts.includes(port) ? 'server' : undefined;
}

type OpaqueSubject = Pick<KnownPod, 'opaquePorts' | 'opaqueServerPorts'>;

/** Why no sidecar takes connections to this port of a pod; undefined where one does. */
export function bypassOf(
  { workload, proxy }: KnownPod,
  port: number,
): 'no-sidecar' | 'port-skipped' | undefined {
  if (workload.controlPlaneNamespace === undefined) return 'no-sidecar';
  return proxy !== undefined && includesPort(proxy.skipped, port) ? 'port-skipped' : undefined;
}

/** What the pod's sidecar takes on this port; undefined without one, and for a port that passes by it. */
function podHint(pod: KnownPod, port: number, options: EndpointOptions): ProtocolHint | undefined {
  if (bypassOf(pod, port) !== undefined) return undefined;
  if (isOpaque(pod, port, options)) {
    const { proxy } = pod;
    // The proxy serves its own ports itself: there is nobody behind them to hand a transport to.
    const transportPort = proxy === undefined || proxy.own.includes(port) ? undefined : proxy.inbound;
    return { protocol: 'opaque', transportPort };
  }
  return options.enableH2Upgrade ? h2Hint : unknownHint;
}

const h2Hint: ProtocolHint = Object.freeze({ protocol: 'h2', transportPort: undefined });
const unknownHint: ProtocolHint = Object.freeze({ protocol: 'unknown', transportPort: undefined });

// One literal for all endpoints gives them one hidden class, which comparing them a thousand times a second wants.
function endpoint(
  { ip, port, zone }: Place,
  workload: Workload | undefined,
  hint: ProtocolHint | undefined,
): Endpoint {
  return { ip, port, weight: defaultWeight, zone, workload, hint, gateway: undefined };
}
