import { nodeName, podId } from '../../core/ids.js';
import type { PodRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';
import type { Problem } from './json-node.js';
import type { MeshLabels } from './mesh-labels.js';
import { soleOwner } from './metadata.js';
import { containersOf, decodePortsAnnotation, decodeProxyPorts, portsNamed } from './proxy-ports.js';

/** core/v1 Pod. */
export function podDecoder(mesh: MeshLabels): Decoder<PodRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const labels = metadata.get('labels');
    const annotations = metadata.get('annotations').apart();
    const spec = raw.get('spec');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    const node = interner.optional(spec.get('nodeName').string());
    const controlPlaneNamespace = interner.optional(labels.get(mesh.controlPlaneNamespace).string());

    const warnings: Problem[] = [];
    const named = (port: string): readonly number[] => portsNamed(containersOf(spec.apart()), port);
    const opaquePorts = decodePortsAnnotation(annotations.get(mesh.opaquePorts), named, warnings);
    const skipped = decodePortsAnnotation(annotations.get(mesh.skipInboundPorts), () => [], warnings) ?? [];
    const proxy =
      controlPlaneNamespace === undefined
        ? undefined
        : decodeProxyPorts(containersOf(spec.apart()), skipped, mesh);

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
      opaquePorts: opaquePorts === undefined ? undefined : interner.shared(opaquePorts),
      proxy: proxy === undefined ? undefined : interner.shared(proxy),
    };
    return decoded(raw, row, warnings);
  };
}
