import { externalWorkloadId, podId } from '../../core/ids.js';
import type { BackendPort, BackendTarget, Mirror } from '../../mesh/rows.js';
import type { Interner } from './interner.js';
import type { JsonNode, Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';
import { parseTimestampMs } from './timestamp.js';
import { isTcp } from './transport.js';

/**
 * The parts that EndpointSlices and Endpoints have in common. What can't be understood is left out, and says why in
 * `warnings`: one bad address must not hide the good ones beside it.
 */

/** A port of EndpointSlice `ports`, or of an Endpoints subset. Without a number, or not of TCP: none. */
export function decodePorts(list: JsonNode, interner: Interner, warnings: Problem[]): readonly BackendPort[] {
  const ports: BackendPort[] = [];
  for (const each of list.items()) {
    const node = each.apart();
    const name = interner.intern(node.get('name').string() ?? '');
    const port = node.get('port').port();
    const tcp = isTcp(node);
    node.tellProblems(warnings);
    if (tcp && port !== undefined && node.problems.length === 0) ports.push({ name, port });
  }
  return ports;
}

/** An `ObjectReference` to what stands behind an address. The namespace, where it names none, is the referrer's. */
export function decodeTarget(reference: JsonNode, namespace: string, interner: Interner): BackendTarget {
  if (!reference.exists) return addressOnly;
  const targetKind = reference.get('kind').requiredString();
  if (targetKind !== 'Pod' && targetKind !== 'ExternalWorkload') {
    return { kind: 'Other', targetKind: interner.intern(targetKind) };
  }
  const targetNamespace = reference.get('namespace').string() || namespace;
  const name = reference.get('name').requiredString();
  const uid = reference.get('uid').string() || undefined;
  return targetKind === 'Pod'
    ? { kind: targetKind, id: podId(targetNamespace, name), uid }
    : { kind: targetKind, id: externalWorkloadId(targetNamespace, name), uid };
}

const addressOnly: BackendTarget = { kind: 'Address' };

/** What the metadata of backends say beside their name. */
export interface Provenance {
  readonly mirror: Mirror | undefined;
  readonly triggeredAtMs: number | undefined;
}

/** Nothing in it is worth losing a backend for: what can't be read is a warning, or nothing where only a measure hangs on it. */
export function decodeProvenance(
  raw: JsonNode,
  mesh: MeshLabels,
  interner: Interner,
  warnings: Problem[],
): Provenance {
  const metadata = raw.get('metadata').apart();
  const labels = metadata.get('labels');
  const annotations = metadata.get('annotations');
  const mirror: Mirror = {
    cluster: interner.optional(labels.get(mesh.mirrorCluster).string()),
    remoteService: interner.optional(annotations.get(mesh.mirrorRemoteService).string()),
    gatewayIdentity: interner.optional(annotations.get(mesh.mirrorGatewayIdentity).string()),
  };
  metadata.tellProblems(warnings);
  const triggered = annotations.get('endpoints.kubernetes.io/last-change-trigger-time').value;
  const isMirror = Object.values(mirror).some((value) => value !== undefined);
  return {
    mirror: isMirror ? interner.shared(mirror) : undefined,
    triggeredAtMs: typeof triggered === 'string' ? parseTimestampMs(triggered) : undefined,
  };
}
