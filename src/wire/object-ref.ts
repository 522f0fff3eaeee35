import type { NamedWorkload } from '../core/exclusion.js';
import type { ObjectRef } from '../gen/conduit/api/v1/api.js';

/** `id` is `namespace/name`. */
export function toObjectRef(kind: string, id: string): ObjectRef {
  const [namespace = '', name = ''] = id.split('/');
  return { kind, namespace, name };
}

export function toWorkloadRef(workload: NamedWorkload | undefined): ObjectRef | undefined {
  return workload && toObjectRef(workload.kind, workload.id);
}

/** `pod shop/web-1`: an object in a sentence. */
export function named({ kind, id }: NamedWorkload): string {
  return kind === 'Pod' ? `pod ${id}` : `${kind} ${id}`;
}
