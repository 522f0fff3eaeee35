import { nodeName, zone } from '../../core/ids.js';
import type { NodeRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';

/** core/v1 Node. */
export function nodeDecoder(): Decoder<NodeRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const zoneName = interner.optional(metadata.get('labels').get('topology.kubernetes.io/zone').string());
    return decoded(raw, {
      name: nodeName(metadata.get('name').requiredString()),
      zone: zoneName === undefined ? undefined : zone(zoneName),
    });
  };
}
