import type { JsonNode } from './json-node.js';

/** Whether a port, of a service or of its backends, is a TCP port. That is the default where none is named. */
export function isTcp(port: JsonNode): boolean {
  const protocol = port.get('protocol').string();
  return protocol === undefined || protocol === '' || protocol === 'TCP';
}
