import { type Endpoint, isIpv6 } from '../core/endpoint.js';
import type { EndpointPart } from '../core/endpoint-set.js';
import type { BackendsId } from '../core/ids.js';

/**
 * Of a dual-stack pod the IPv6 address alone, so that it doesn't count twice. Addresses without a pod behind them can't
 * be told to belong together and are all kept.
 */
export function preferIpv6(
  parts: ReadonlyMap<BackendsId, EndpointPart>,
): ReadonlyMap<BackendsId, EndpointPart> {
  const ipv6Pods = podsWithIpv6(parts.values());
  if (ipv6Pods.size === 0) return parts;
  return new Map(
    [...parts].map(([id, part]) => [
      id,
      [...part.values()].some((endpoint) => isSecondFamily(endpoint, ipv6Pods))
        ? new Map([...part].filter(([, endpoint]) => !isSecondFamily(endpoint, ipv6Pods)))
        : part,
    ]),
  );
}

/** The pods, as `namespace/name`, that have an IPv6 address among these endpoints. */
export function podsWithIpv6(parts: Iterable<EndpointPart>): ReadonlySet<string> {
  const pods = new Set<string>();
  for (const part of parts) {
    for (const endpoint of part.values()) {
      const pod = isIpv6(endpoint) ? podOf(endpoint) : undefined;
      if (pod !== undefined) pods.add(pod);
    }
  }
  return pods;
}

/** Whether it is an IPv4 address of a pod that is told by its IPv6 address. */
export function isSecondFamily(endpoint: Endpoint, ipv6Pods: ReadonlySet<string>): boolean {
  if (isIpv6(endpoint)) return false;
  const pod = podOf(endpoint);
  return pod !== undefined && ipv6Pods.has(pod);
}

function podOf({ workload }: Endpoint): string | undefined {
  return workload?.kind === 'Pod' ? `${workload.namespace}/${workload.name}` : undefined;
}
