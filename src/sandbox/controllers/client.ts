import { jsonEqual } from '../store/immutable.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { Status } from '../store/status.js';
import type { DeleteOptions, Outcome, Store } from '../store/store.js';

/**
 * How controllers write to the store: a refusal is thrown, because no controller can do anything about it but try again
 * from the state that it finds then. The work queue catches it.
 */

export class RefusedWrite extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? `status ${status.code}`);
    this.name = 'RefusedWrite';
    this.status = status;
  }

  /** Somebody else wrote at the same time: expected, and over by the next try. */
  get isRace(): boolean {
    const { reason } = this.status;
    return reason === 'Conflict' || reason === 'NotFound' || reason === 'AlreadyExists';
  }
}

export function createObject(store: Store, type: ResourceType, object: KubeObject): KubeObject {
  return accepted(store.create(type, object));
}

/** Replaces everything but the status. Refused where the object isn't at its `resourceVersion` any more. */
export function updateObject(store: Store, type: ResourceType, object: KubeObject): KubeObject {
  return accepted(store.update(type, object));
}

/** Replaces the status of `object`, which is as the store has it. A status equal to the present one writes nothing. */
export function updateStatus(
  store: Store,
  type: ResourceType,
  object: KubeObject,
  status: object,
): KubeObject {
  // Most reconciliations end here, so this is decided without the store's checks.
  if (jsonEqual(object['status'], status)) return object;
  return accepted(store.update(type, { ...object, status }, { subresource: 'status' }));
}

/** Deletes this very object, never a later one of the same name. Gone already is as good. */
export function deleteObject(
  store: Store,
  type: ResourceType,
  { metadata }: KubeObject,
  options: Pick<DeleteOptions, 'gracePeriodSeconds' | 'propagationPolicy'> = {},
): void {
  const { namespace, name, uid } = metadata;
  const outcome = store.delete(type, namespace, name, {
    ...options,
    ...(uid !== undefined && { preconditions: { uid } }),
  });
  if (!outcome.ok && outcome.status.reason !== 'NotFound') throw new RefusedWrite(outcome.status);
}

function accepted(outcome: Outcome): KubeObject {
  if (!outcome.ok) throw new RefusedWrite(outcome.status);
  return outcome.object;
}
