import type { NamedPort } from '../../mesh/rows.js';
import type { Interner } from './interner.js';
import type { JsonNode } from './json-node.js';
import { isTcp } from './transport.js';

/** What a pod's containers say of ports. */
export interface Containers {
  /** TCP ports that have a name. */
  readonly namedPorts: readonly NamedPort[];
  /** Ports of the node that lead to TCP ports, each once. */
  readonly hostPorts: readonly number[];
  /** The sidecar's container. */
  readonly proxy: JsonNode | undefined;
}

/**
 * Reads the containers of a pod's `spec`. Those that start first come first, as a sidecar that is an init container does.
 * A port that can't be read is left out, with a problem.
 */
export function readContainers(spec: JsonNode, proxyName: string, interner: Interner): Containers {
  const namedPorts: NamedPort[] = [];
  const hostPorts: number[] = [];
  let proxy: JsonNode | undefined;
  for (const list of [spec.get('initContainers'), spec.get('containers')]) {
    for (const container of list.items()) {
      for (const each of container.get('ports').items()) {
        const name = each.get('name').string();
        const port = each.get('containerPort').requiredPort();
        const hostPort = optionalPort(each.get('hostPort'));
        if (port === undefined || !isTcp(each)) continue;
        if (hostPort !== undefined) hostPorts.push(hostPort);
        if (name) namedPorts.push({ name: interner.intern(name), port, hostPort });
      }
      if (container.get('name').value === proxyName) proxy ??= container;
    }
  }
  return {
    namedPorts: namedPorts.length === 0 ? none : interner.shared(namedPorts),
    hostPorts: hostPorts.length === 0 ? none : interner.shared([...new Set(hostPorts)]),
    proxy,
  };
}

const none: readonly never[] = Object.freeze([]);

/** 0 and nothing are no port. */
function optionalPort(node: JsonNode): number | undefined {
  return node.value === 0 ? undefined : node.port();
}
