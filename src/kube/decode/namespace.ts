import { namespaceName } from '../../core/ids.js';
import type { NamespaceRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';

/** core/v1 Namespace; its metadata is enough (`PartialObjectMetadata`). */
export function namespaceDecoder(): Decoder<NamespaceRow> {
  return (raw) => decoded(raw, { name: namespaceName(raw.get('metadata').get('name').requiredString()) });
}
