import type { JsonNode } from './json-node.js';

/**
 * Whether a port, of a service, a container or a backend, is a TCP port. That is the default where no protocol is named;
 * what is no name at all is no TCP, and a problem.
 */
export function isTcp(port: JsonNode): boolean {
  const protocol = port.get('protocol');
  const text = protocol.string();
  return text === undefined ? !protocol.exists : text === '' || text === 'TCP';
}
