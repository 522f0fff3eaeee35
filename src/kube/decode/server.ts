import { serverId } from '../../core/ids.js';
import type { ServerPort, ServerRow } from '../../mesh/rows.js';
import { type Decoder, decoded, irrelevant } from './decoded.js';
import { Interner } from './interner.js';
import type { JsonNode, Problem } from './json-node.js';
import { decodeLabelSelector } from './label-selector.js';

/**
 * policy.linkerd.io/v1beta3 Server. One that doesn't declare its port opaque is irrelevant. An invalid selector selects
 * nothing, and takes neither the other selector nor any other server with it.
 */
export function serverDecoder(): Decoder<ServerRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const spec = raw.get('spec');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    const protocol = spec.get('proxyProtocol').string();
    if (protocol !== 'opaque' && raw.problems.length === 0) return irrelevant;

    const warnings: Problem[] = [];
    const row: ServerRow = {
      id: serverId(namespace, name),
      namespace,
      podSelector: decodeLabelSelector(spec.get('podSelector'), warnings),
      externalWorkloadSelector: decodeLabelSelector(spec.get('externalWorkloadSelector'), warnings),
      port: decodeServerPort(spec.get('port')),
    };
    return decoded(raw, row, warnings);
  };
}

/** An IntOrString: text is a name, even if it is made of digits. */
function decodeServerPort(node: JsonNode): ServerPort {
  if (typeof node.value === 'string' && node.value !== '') return { kind: 'name', name: node.value };
  const port = typeof node.value === 'number' ? node.port() : undefined;
  if (port === undefined) node.note('a port, 1 to 65535, or the name of one');
  return { kind: 'number', port: port ?? 0 };
}
