import { backendsId, serviceId, type Zone, zone } from '../../core/ids.js';
import type { Backend, BackendsRow } from '../../mesh/rows.js';
import { decodePorts, decodeProvenance, decodeTarget } from './backend.js';
import { type Decoder, decoded, irrelevant } from './decoded.js';
import { Interner } from './interner.js';
import { decodeIp } from './ips.js';
import type { JsonNode, Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';

/**
 * discovery.k8s.io/v1 EndpointSlice: one group of backends. A slice that belongs to no service is irrelevant; one of
 * host names (`addressType: FQDN`) has no backends.
 */
export function endpointSliceDecoder(mesh: MeshLabels): Decoder<BackendsRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    const service = serviceName(metadata);
    if (service === undefined && raw.problems.length === 0) return irrelevant;

    const warnings: Problem[] = [];
    const backends: Backend[] = [];
    if (raw.get('addressType').string() !== 'FQDN') {
      for (const each of raw.get('endpoints').items()) {
        decodeEndpoint(each, namespace, interner, backends, warnings);
      }
    }
    const ports = decodePorts(raw.get('ports'), interner, warnings);
    const { mirror, triggeredAtMs } = decodeProvenance(raw, mesh, interner, warnings);
    const row: BackendsRow = {
      id: backendsId(namespace, name),
      namespace,
      service: serviceId(namespace, service ?? ''),
      groups: [{ ports, backends }],
      mirror,
      triggeredAtMs,
    };
    return decoded(raw, row, warnings);
  };
}

/** Slices made by hand, or by controllers older than the label, say it by their owner. */
function serviceName(metadata: JsonNode): string | undefined {
  const label = metadata.get('labels').get('kubernetes.io/service-name').string();
  if (label !== undefined && label !== '') return label;
  for (const owner of metadata.get('ownerReferences').items()) {
    if (owner.get('kind').string() === 'Service') return owner.get('name').requiredString();
  }
  return undefined;
}

function decodeEndpoint(
  raw: JsonNode,
  namespace: string,
  interner: Interner,
  backends: Backend[],
  warnings: Problem[],
): void {
  const endpoint = raw.apart();
  // Unknown readiness is to be taken for ready; only `false` says otherwise (discovery/v1 EndpointConditions).
  const ready = endpoint.get('conditions').get('ready').boolean() !== false;
  const target = decodeTarget(endpoint.get('targetRef'), namespace, interner);
  const hostname = endpoint.get('hostname').string() || undefined;
  const zoneName = interner.optional(endpoint.get('zone').string());
  const forZones = hintedZones(endpoint.get('hints').get('forZones'), interner);
  const addresses = endpoint.get('addresses').items();
  endpoint.tellProblems(warnings);
  if (endpoint.problems.length > 0) return;

  for (const each of addresses) {
    const address = each.apart();
    const ip = decodeIp(address);
    address.tellProblems(warnings);
    if (ip === undefined) continue;
    const inZone = zoneName === undefined ? undefined : zone(zoneName);
    backends.push({ ip, ready, target, hostname, zone: inZone, forZones });
  }
}

/** An empty list is no hint. */
function hintedZones(list: JsonNode, interner: Interner): readonly Zone[] | undefined {
  const zones = list.items().map((hint) => zone(interner.intern(hint.get('name').requiredString())));
  return zones.length === 0 ? undefined : zones;
}
