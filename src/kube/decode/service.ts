import { serviceId } from '../../core/ids.js';
import type { ServicePort, ServiceRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';
import { decodeIps } from './ips.js';
import type { JsonNode, Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';
import { decodePortsAnnotation } from './ports-annotation.js';
import { isTcp } from './transport.js';

/** core/v1 Service. Ports of other transports than TCP are left out: a proxy can't carry them. */
export function serviceDecoder(mesh: MeshLabels): Decoder<ServiceRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const spec = raw.get('spec');
    const warnings: Problem[] = [];
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = interner.intern(metadata.get('name').requiredString());
    const ports: ServicePort[] = [];
    for (const each of spec.get('ports').items()) {
      const port = decodePort(each.apart(), interner, warnings);
      if (port !== undefined) ports.push(port);
    }
    const annotations = metadata.get('annotations').apart();
    const opaquePorts = decodePortsAnnotation(annotations.get(mesh.opaquePorts), ports, warnings);
    annotations.tellProblems(warnings);
    const row: ServiceRow = {
      id: serviceId(namespace, name),
      namespace,
      name,
      type: oneOf(spec.get('type').apart(), serviceTypes, 'ClusterIP', warnings),
      ports,
      clusterIps: decodeClusterIps(spec.apart(), warnings),
      opaquePorts: opaquePorts === undefined ? undefined : interner.shared(opaquePorts),
      internalTrafficPolicy: oneOf(
        spec.get('internalTrafficPolicy').apart(),
        trafficPolicies,
        'Cluster',
        warnings,
      ),
    };
    return decoded(raw, row, warnings);
  };
}

const serviceTypes = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;
const trafficPolicies = ['Cluster', 'Local'] as const;

function decodePort(port: JsonNode, interner: Interner, warnings: Problem[]): ServicePort | undefined {
  if (!isTcp(port)) {
    port.tellProblems(warnings);
    return undefined;
  }
  const name = interner.intern(port.get('name').string() ?? '');
  const number = port.get('port').requiredPort();
  port.tellProblems(warnings);
  return number === undefined || port.problems.length > 0 ? undefined : { name, port: number };
}

/** `clusterIP` counts where the API server is too old for `clusterIPs`. A headless service has `None` in both. */
function decodeClusterIps(spec: JsonNode, warnings: Problem[]): readonly string[] {
  const several = spec.get('clusterIPs').items();
  const nodes = several.length > 0 ? several : [spec.get('clusterIP')];
  const ips = decodeIps(nodes.filter((node) => node.value !== 'None'));
  spec.tellProblems(warnings);
  return ips;
}

/** A value that a later Kubernetes may add to the set is read as the default, not held against the object. */
function oneOf<Value extends string>(
  node: JsonNode,
  values: readonly Value[],
  otherwise: Value,
  warnings: Problem[],
): Value {
  const text = node.string();
  const value = values.find((candidate) => candidate === text);
  if (value === undefined && text !== undefined) node.note(`one of ${values.join(', ')}`);
  node.tellProblems(warnings);
  return value ?? otherwise;
}
