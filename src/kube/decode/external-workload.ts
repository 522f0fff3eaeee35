import { externalWorkloadId } from '../../core/ids.js';
import type { ExternalWorkloadRow, NamedPort } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';
import { decodeIps } from './ips.js';
import type { JsonNode, Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';
import { soleOwner } from './metadata.js';
import { decodePortsAnnotation } from './ports-annotation.js';
import { isTcp } from './transport.js';

/** Where a proxy takes connections from other proxies unless it is told otherwise. */
const defaultInboundPort = 4143;

/** workload.linkerd.io/v1beta1 ExternalWorkload. An address or a port that makes no sense is left out, with a warning. */
export function externalWorkloadDecoder(mesh: MeshLabels): Decoder<ExternalWorkloadRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const spec = raw.get('spec');
    const tls = spec.get('meshTLS');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();

    const lenient = raw.apart();
    const details = lenient.get('metadata');
    const workload = lenient.get('spec');
    const warnings: Problem[] = [];
    const ports = decodeWorkloadPorts(workload.get('ports'), warnings);
    const opaquePorts = decodePortsAnnotation(
      details.get('annotations').get(mesh.opaquePorts),
      ports,
      warnings,
    );
    const row: ExternalWorkloadRow = {
      id: externalWorkloadId(namespace, name),
      namespace,
      name,
      uid: metadata.get('uid').requiredString(),
      owner: soleOwner(metadata, interner),
      labels: interner.shared(details.get('labels').strings()),
      ips: decodeIps(
        workload
          .get('workloadIPs')
          .items()
          .map((each) => each.get('ip')),
      ),
      ports: interner.shared(ports),
      opaquePorts: opaquePorts === undefined ? undefined : interner.shared(opaquePorts),
      inboundPort: ports.find((port) => port.name === mesh.proxyContainer)?.port ?? defaultInboundPort,
      identity: tls.get('identity').requiredString(),
      serverName: tls.get('serverName').requiredString(),
    };
    lenient.tellProblems(warnings);
    return decoded(raw, row, warnings);
  };
}

function decodeWorkloadPorts(list: JsonNode, warnings: Problem[]): readonly NamedPort[] {
  const ports: NamedPort[] = [];
  for (const each of list.items()) {
    const node = each.apart();
    const name = node.get('name').string() ?? '';
    const port = node.get('port').requiredPort();
    const tcp = isTcp(node);
    node.tellProblems(warnings);
    if (tcp && port !== undefined && node.problems.length === 0)
      ports.push({ name, port, hostPort: undefined });
  }
  return ports;
}
