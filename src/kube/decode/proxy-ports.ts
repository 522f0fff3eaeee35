import type { PortRange } from '../../core/port-ranges.js';
import type { ProxyPorts } from '../../mesh/rows.js';
import type { JsonNode } from './json-node.js';

const inboundAddress = 'LINKERD2_PROXY_INBOUND_LISTEN_ADDR';

const listenAddresses: ReadonlySet<unknown> = new Set([
  inboundAddress,
  'LINKERD2_PROXY_ADMIN_LISTEN_ADDR',
  'LINKERD2_PROXY_CONTROL_LISTEN_ADDR',
]);

/**
 * Where a proxy listens, from the environment that the injector gave its container, and where it doesn't, from an
 * annotation that counts whether or not the container can be found. Undefined where neither says anything.
 */
export function decodeProxyPorts(
  container: JsonNode | undefined,
  skipped: readonly PortRange[],
): ProxyPorts | undefined {
  let inbound: number | undefined;
  const own: number[] = [];
  for (const each of container?.get('env').items() ?? []) {
    const name = each.get('name');
    if (!listenAddresses.has(name.value)) continue;
    const port = portOfAddress(each.get('value').string());
    if (port === undefined) continue;
    if (name.value === inboundAddress) inbound = port;
    else own.push(port);
  }
  if (inbound === undefined && skipped.length === 0) return undefined;
  return { inbound, own, skipped };
}

/** The port of `0.0.0.0:4143` or `[::]:4143`. */
function portOfAddress(address: string | undefined): number | undefined {
  const { port } = /:(?<port>\d{1,5})$/.exec(address ?? '')?.groups ?? {};
  const number = Number(port ?? 0);
  return number >= 1 && number <= 65_535 ? number : undefined;
}
