import { type Endpoint, isIpv6 } from '../core/endpoint.js';
import { EndpointPart } from '../core/endpoint-part.js';

/**
 * Of a dual-stack pod the IPv6 address alone, so that it doesn't count twice. Addresses without a pod behind them can't
 * be told to belong together and are all kept.
 */
export function preferIpv6(parts: readonly EndpointPart[]): readonly EndpointPart[] {
  const ipv6Pods = podsWithIpv6(parts);
  if (ipv6Pods.size === 0) return parts;
  return parts.map((part) => {
    const kept = part.endpoints.filter((endpoint) => !isSecondFamily(endpoint, ipv6Pods));
    return kept.length === part.endpoints.length ? part : new EndpointPart(part.source, kept);
  });
}

/** The pods, as `namespace/name`, that have an IPv6 address among these endpoints. */
export function podsWithIpv6(parts: readonly EndpointPart[]): ReadonlySet<string> {
  const pods = new Set<string>();
  for (const { endpoints } of parts) {
    for (const endpoint of endpoints) {
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
