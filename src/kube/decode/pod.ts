import { nodeName, podId } from '../../core/ids.js';
import type { PodPhase, PodRow } from '../../mesh/rows.js';
import { readContainers } from './containers.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';
import { decodeIps, noIps } from './ips.js';
import type { JsonNode, Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';
import { soleOwner } from './metadata.js';
import { decodePortsAnnotation } from './ports-annotation.js';
import { decodeProxyPorts } from './proxy-ports.js';
import { parseTimestampMs } from './timestamp.js';

/**
 * core/v1 Pod. What tells who the pod is, and whether it is meshed, has to be right: a pod that is taken for another is
 * sent requests which it can't answer. Anything else is left out where it is broken, with a warning.
 */
export function podDecoder(mesh: MeshLabels): Decoder<PodRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const labels = metadata.get('labels');
    const spec = raw.get('spec');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    const node = interner.optional(spec.get('nodeName').string());
    const controlPlaneNamespace = interner.optional(labels.get(mesh.controlPlaneNamespace).string());

    const lenient = raw.apart();
    const details = lenient.get('metadata');
    const pod = lenient.get('spec');
    const status = lenient.get('status');
    const annotations = details.get('annotations');
    const warnings: Problem[] = [];
    const { namedPorts, hostPorts, proxy } = readContainers(pod, mesh.proxyContainer, interner);
    const opaquePorts = decodePortsAnnotation(annotations.get(mesh.opaquePorts), namedPorts, warnings);
    const skipped = decodePortsAnnotation(annotations.get(mesh.skipInboundPorts), [], warnings) ?? [];
    const proxyPorts = controlPlaneNamespace === undefined ? undefined : decodeProxyPorts(proxy, skipped);

    const isOnHostNetwork = pod.get('hostNetwork').boolean() === true;

    const row: PodRow = {
      id: podId(namespace, name),
      namespace,
      name,
      uid: metadata.get('uid').requiredString(),
      nodeName: node === undefined ? undefined : nodeName(node),
      serviceAccount: interner.optional(spec.get('serviceAccountName').string()) ?? 'default',
      owner: soleOwner(metadata, interner),
      controlPlaneNamespace,
      podTemplateHash: interner.optional(labels.get('pod-template-hash').string()),
      labels: interner.shared(details.get('labels').strings()),
      opaquePorts: opaquePorts === undefined ? undefined : interner.shared(opaquePorts),
      namedPorts,
      ips: isOnHostNetwork ? noIps : decodeAddresses(status, 'podIPs', 'podIP'),
      isOnHostNetwork,
      hostIps:
        isOnHostNetwork || hostPorts.length > 0
          ? interner.shared(decodeAddresses(status, 'hostIPs', 'hostIP'))
          : noIps,
      hostPorts,
      phase: toPhase(status.get('phase').string()),
      isTerminating: metadata.get('deletionTimestamp').exists,
      createdAtS: decodeSeconds(details.get('creationTimestamp')),
      proxy: proxyPorts === undefined ? undefined : interner.shared(proxyPorts),
    };
    lenient.tellProblems(warnings);
    return decoded(raw, row, warnings);
  };
}

function toPhase(phase: string | undefined): PodPhase {
  switch (phase) {
    case 'Running':
      return 'running';
    case 'Succeeded':
    case 'Failed':
      return 'ended';
    case undefined:
    default:
      return 'pending';
  }
}

/** The field `single` counts where the list is empty, as an older API server leaves it. */
function decodeAddresses(status: JsonNode, several: string, single: string): readonly string[] {
  const list = status.get(several).items();
  return decodeIps(list.length > 0 ? list.map((each) => each.get('ip')) : [status.get(single)]);
}

function decodeSeconds(timestamp: JsonNode): number {
  const text = timestamp.string();
  const ms = text === undefined ? undefined : parseTimestampMs(text);
  if (text !== undefined && ms === undefined) timestamp.note('an RFC 3339 timestamp');
  return ms === undefined ? 0 : Math.floor(ms / 1_000);
}
