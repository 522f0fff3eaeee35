import { backendsId, serviceId } from '../../core/ids.js';
import type { Backend, BackendGroup, BackendsRow } from '../../mesh/rows.js';
import { decodePorts, decodeProvenance, decodeTarget } from './backend.js';
import { type Decoder, decoded, irrelevant } from './decoded.js';
import { Interner } from './interner.js';
import { decodeIp } from './ips.js';
import type { JsonNode, Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';

/**
 * core/v1 Endpoints: one group of backends a subset. It belongs to the service of its own name. What leader election
 * keeps in Endpoints objects, without addresses and renewed every few seconds, is irrelevant.
 */
export function endpointsDecoder(mesh: MeshLabels): Decoder<BackendsRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    const subsets = raw.get('subsets').items();
    if (subsets.length === 0 && raw.problems.length === 0 && isLeaderRecord(metadata.apart()))
      return irrelevant;

    const warnings: Problem[] = [];
    const groups: BackendGroup[] = subsets.map((subset) => {
      const backends: Backend[] = [];
      decodeAddresses(subset.get('addresses'), true, namespace, interner, backends, warnings);
      decodeAddresses(subset.get('notReadyAddresses'), false, namespace, interner, backends, warnings);
      return { ports: decodePorts(subset.get('ports'), interner, warnings), backends };
    });
    const { mirror, triggeredAtMs } = decodeProvenance(raw, mesh, interner, warnings);
    const row: BackendsRow = {
      id: backendsId(namespace, name),
      namespace,
      service: serviceId(namespace, name),
      groups,
      mirror,
      triggeredAtMs,
    };
    return decoded(raw, row, warnings);
  };
}

function isLeaderRecord(metadata: JsonNode): boolean {
  return metadata.get('annotations').get('control-plane.alpha.kubernetes.io/leader').exists;
}

function decodeAddresses(
  list: JsonNode,
  ready: boolean,
  namespace: string,
  interner: Interner,
  backends: Backend[],
  warnings: Problem[],
): void {
  for (const each of list.items()) {
    const address = each.apart();
    const target = decodeTarget(address.get('targetRef'), namespace, interner);
    const hostname = address.get('hostname').string() || undefined;
    const ip = decodeIp(address.get('ip'));
    address.tellProblems(warnings);
    // Endpoints don't tell zones, and give no hints.
    if (ip !== undefined && address.problems.length === 0) {
      backends.push({ ip, ready, target, hostname, zone: undefined, forZones: undefined });
    }
  }
}
