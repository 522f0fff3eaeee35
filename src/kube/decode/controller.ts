import { controllerId } from '../../core/ids.js';
import type { ControllerRow } from '../../mesh/rows.js';
import { type Decoder, decoded } from './decoded.js';
import { Interner } from './interner.js';

/** A controller of any kind; its metadata is enough (`PartialObjectMetadata`). */
export function controllerDecoder(): Decoder<ControllerRow> {
  const interner = new Interner();
  return (raw) => {
    const metadata = raw.get('metadata');
    const namespace = interner.intern(metadata.get('namespace').requiredString());
    const name = metadata.get('name').requiredString();
    return decoded(raw, { id: controllerId(namespace, name), namespace, name });
  };
}
