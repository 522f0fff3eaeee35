import { nodeName, podId } from '../../core/ids.js';
import type { PodRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';
import type { MeshLabels } from './mesh-labels.js';
import { soleOwner } from './metadata.js';

/** core/v1 Pod. */
export function podDecoder(mesh: MeshLabels): Decoder<PodRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const labels = metadata.get('labels');
    const spec = raw.get('spec');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    const node = interner.optional(spec.get('nodeName').string());
    return decoded(raw, {
      id: podId(namespace, name),
      namespace,
      name,
      uid: metadata.get('uid').requiredString(),
      nodeName: node === undefined ? undefined : nodeName(node),
      serviceAccount: interner.optional(spec.get('serviceAccountName').string()) ?? 'default',
      owner: soleOwner(metadata, interner),
      controlPlaneNamespace: interner.optional(labels.get(mesh.controlPlaneNamespace).string()),
      podTemplateHash: interner.optional(labels.get('pod-template-hash').string()),
    });
  };
}
