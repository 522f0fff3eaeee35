import { jobId, replicaSetId } from '../../core/ids.js';
import type { WorkloadOwnerRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';
import { soleOwner } from './metadata.js';

/** An apps/v1 ReplicaSet or a batch/v1 Job; its metadata is enough (`PartialObjectMetadata`). */
export function workloadOwnerDecoder(kind: 'ReplicaSet' | 'Job'): Decoder<WorkloadOwnerRow> {
  const interner = new Interner();
  const idOf = kind === 'ReplicaSet' ? replicaSetId : jobId;
  return (raw) => {
    const metadata = raw.get('metadata');
    const namespace = metadata.get('namespace').requiredString();
    const name = metadata.get('name').requiredString();
    return decoded(raw, { id: idOf(namespace, name), owner: soleOwner(metadata, interner) });
  };
}
