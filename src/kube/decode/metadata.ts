import type { OwnerRef } from '../../mesh/rows.js';
import type { Interner } from './interner.js';
import type { JsonNode } from './json-node.js';

/** The object's one owner; undefined where it has none, or several, of which none is *the* owner. */
export function soleOwner(metadata: JsonNode, interner: Interner): OwnerRef | undefined {
  const owners = metadata.get('ownerReferences').items();
  const [owner] = owners;
  if (owner === undefined || owners.length > 1) return undefined;
  return {
    kind: interner.intern(owner.get('kind').requiredString()),
    name: interner.intern(owner.get('name').requiredString()),
  };
}
