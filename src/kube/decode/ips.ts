import { canonicalIp } from '../../core/ip.js';
import type { JsonNode } from './json-node.js';

/** The canonical form of the address at `node`; undefined, and a problem noted, where it is none. */
export function decodeIp(node: JsonNode): string | undefined {
  const text = node.string();
  const ip = text === undefined ? undefined : canonicalIp(text);
  if (ip === undefined && (text !== undefined || !node.exists)) node.note('an IP address');
  return ip;
}

/**
 * The addresses at `nodes`, each once, in canonical form. Nothing and the empty string, which Kubernetes doesn't tell
 * apart, are no address; a problem is noted with what else is none.
 */
export function decodeIps(nodes: readonly JsonNode[]): readonly string[] {
  const ips: string[] = [];
  for (const node of nodes) {
    if (!node.exists || node.value === '') continue;
    const ip = decodeIp(node);
    if (ip !== undefined) ips.push(ip);
  }
  if (ips.length === 0) return noIps;
  // A copy has no room to grow, of which an array that was pushed to has 16 elements.
  return ips.length === 1 ? ips.slice() : [...new Set(ips)];
}

export const noIps: readonly string[] = Object.freeze([]);
