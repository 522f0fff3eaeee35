import { nodeName, zone } from '../../core/ids.js';
import type { NodeRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';
import { decodeIps } from './ips.js';
import type { Problem } from './json-node.js';

/** core/v1 Node. Addresses are left out where they are broken, with a warning. */
export function nodeDecoder(): Decoder<NodeRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const zoneName = interner.optional(metadata.get('labels').get('topology.kubernetes.io/zone').string());
    const lenient = raw.apart();
    const addresses = lenient.get('status').get('addresses').items();
    const internal = addresses.filter((each) => each.get('type').string() === 'InternalIP');
    const row: NodeRow = {
      name: nodeName(metadata.get('name').requiredString()),
      zone: zoneName === undefined ? undefined : zone(zoneName),
      ips: decodeIps(internal.map((each) => each.get('address'))),
    };
    const warnings: Problem[] = [];
    lenient.tellProblems(warnings);
    return decoded(raw, row, warnings);
  };
}
