import { parsePortRanges, type PortRange } from '../../core/port-ranges.js';
import type { ProxyPorts } from '../../mesh/rows.js';
import type { JsonNode, Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';

const inboundAddress = 'LINKERD2_PROXY_INBOUND_LISTEN_ADDR';

const listenAddresses: ReadonlySet<string> = new Set([
  inboundAddress,
  'LINKERD2_PROXY_ADMIN_LISTEN_ADDR',
  'LINKERD2_PROXY_CONTROL_LISTEN_ADDR',
]);

/** All containers of a pod; those that start first come first, as a sidecar that is an init container does. */
export function containersOf(spec: JsonNode): readonly JsonNode[] {
  return [...spec.get('initContainers').items(), ...spec.get('containers').items()];
}

/**
 * The ports of a pod's proxy, from the environment that the injector gave it. Undefined where the pod has no container of
 * the proxy's name, or that doesn't say where it listens.
 */
export function decodeProxyPorts(
  containers: readonly JsonNode[],
  skipped: readonly PortRange[],
  mesh: MeshLabels,
): ProxyPorts | undefined {
  const proxy = containers.find((container) => container.get('name').string() === mesh.proxyContainer);
  if (proxy === undefined) return undefined;
  let inbound: number | undefined;
  const own: number[] = [];
  for (const each of proxy.get('env').items()) {
    const name = each.get('name').string();
    if (name === undefined || !listenAddresses.has(name)) continue;
    const port = portOfAddress(each.get('value').string());
    if (port === undefined) continue;
    if (name === inboundAddress) inbound = port;
    else own.push(port);
  }
  if (inbound === undefined) return undefined;
  return { inbound, own, skipped };
}

/** A list of ports in an annotation; undefined where there is none. What makes no sense in it is left out, with a warning. */
export function decodePortsAnnotation(
  annotation: JsonNode,
  portsOfName: (name: string) => readonly number[],
  warnings: Problem[],
): readonly PortRange[] | undefined {
  const node = annotation.apart();
  const text = node.string();
  const parsed = text === undefined ? undefined : parsePortRanges(text, portsOfName);
  if (parsed !== undefined && parsed.wrong.length > 0) {
    node.note('ports, ranges of ports or names of container ports, separated by commas');
  }
  warnings.push(...node.problems);
  return parsed?.ranges;
}

/** The numbers of the container ports of that name. */
export function portsNamed(containers: readonly JsonNode[], name: string): readonly number[] {
  return containers
    .flatMap((container) => container.get('ports').items())
    .flatMap((port) => {
      const number = port.get('name').string() === name ? port.get('containerPort').port() : undefined;
      return number === undefined ? [] : [number];
    });
}

/** The port of `0.0.0.0:4143` or `[::]:4143`. */
function portOfAddress(address: string | undefined): number | undefined {
  const { port } = /:(?<port>\d{1,5})$/.exec(address ?? '')?.groups ?? {};
  const number = Number(port ?? 0);
  return number >= 1 && number <= 65_535 ? number : undefined;
}
