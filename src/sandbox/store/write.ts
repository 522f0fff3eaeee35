import { fieldsAt, numberAt } from './field.js';
import { immutable, jsonEqual, sharing } from './immutable.js';
import { type KubeObject, type ObjectMeta, timestamp } from './object.js';
import { type ResourceType, type Subresource, apiVersionOf } from './resource-type.js';
import { pruned } from './shapes/mismatch.js';

/**
 * The next state of one object, by what a client wrote and what is the server's to say. Nothing here knows of other
 * objects, and no state has its resource version yet.
 */

/** The state that a create leads to. `name` is final: generated where the object only has a prefix. */
export function created(
  type: ResourceType,
  object: KubeObject,
  options: {
    readonly name: string;
    readonly uid: string;
    readonly now: Date;
    /** Whether the object comes with a history: then it keeps its own uid and creation time. */
    readonly seed: boolean;
  },
): KubeObject {
  const { name, now, seed } = options;
  const given = object.metadata;
  const metadata: ObjectMeta = {
    name,
    ...(given.generateName !== undefined && { generateName: given.generateName }),
    ...(type.namespaced && given.namespace !== undefined && { namespace: given.namespace }),
    uid: (seed ? given.uid : undefined) ?? options.uid,
    ...(type.generation && { generation: 1 }),
    creationTimestamp: (seed ? given.creationTimestamp : undefined) ?? timestamp(now),
    ...authored(given),
  };
  return completed(type, { ...object, metadata }, undefined);
}

/**
 * The state that a write to the object itself, or to one of its subresources, leads to: `current` itself where nothing
 * changes, and its parts where they stay.
 */
export function replaced(
  type: ResourceType,
  current: KubeObject,
  object: KubeObject,
  subresource: Subresource | undefined,
): KubeObject {
  const next = sharing(completed(type, merged(type, current, object, subresource), current), current);
  if (!type.generation || specEqual(type, current, next)) return next;
  return immutable({ ...next, metadata: { ...next.metadata, ...nextGeneration(current.metadata) } });
}

/** The state of an object that is to be removed once its finalizers are done, or its processes have ended. */
export function deleting(
  type: ResourceType,
  current: KubeObject,
  options: {
    readonly now: Date;
    readonly gracePeriodSeconds: number;
    readonly finalizers: readonly string[];
  },
): KubeObject {
  const { now, gracePeriodSeconds, finalizers } = options;
  const metadata: ObjectMeta = {
    ...current.metadata,
    ...(type.generation &&
      current.metadata.deletionTimestamp === undefined &&
      nextGeneration(current.metadata)),
    deletionTimestamp: timestamp(new Date(now.getTime() + gracePeriodSeconds * 1_000)),
    deletionGracePeriodSeconds: gracePeriodSeconds,
    ...(finalizers.length > 0 && { finalizers }),
  };
  return immutable({ ...current, metadata });
}

/** The same state at the version of a write. */
export function versioned(object: KubeObject, version: number): KubeObject {
  return immutable({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
}

function merged(
  type: ResourceType,
  current: KubeObject,
  object: KubeObject,
  subresource: Subresource | undefined,
): KubeObject {
  switch (subresource) {
    case 'status':
      return { ...current, status: object['status'] };
    case 'scale': {
      const spec = { ...fieldsAt(current, 'spec'), replicas: numberAt(object, 'spec', 'replicas') };
      return { ...current, spec };
    }
    case undefined: {
      const {
        labels: _,
        annotations: __,
        ownerReferences: ___,
        finalizers: ____,
        ...system
      } = current.metadata;
      const metadata = { ...system, ...authored(object.metadata) };
      const ownStatus = type.subresources.includes('status');
      return { ...object, metadata, ...(ownStatus && { status: current['status'] }) };
    }
  }
}

/** The part of metadata that clients write. An empty list or map counts as absent. */
function authored(metadata: ObjectMeta): Partial<ObjectMeta> {
  const { labels, annotations, ownerReferences, finalizers } = metadata;
  return Object.fromEntries(
    Object.entries({ labels, annotations, ownerReferences, finalizers }).filter(
      ([, value]) => value !== undefined && value !== null && Object.keys(value).length > 0,
    ),
  );
}

function completed(type: ResourceType, object: KubeObject, previous: KubeObject | undefined): KubeObject {
  const named: KubeObject = { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
  return immutable(type.defaults(immutable(pruned(type.shape, named)), previous));
}

function nextGeneration(metadata: ObjectMeta): { readonly generation: number } {
  return { generation: (metadata.generation ?? 0) + 1 };
}

/** Whether two states ask for the same: all is equal but metadata, and status where it is a subresource. */
function specEqual(type: ResourceType, left: KubeObject, right: KubeObject): boolean {
  const asked = (object: KubeObject): unknown => {
    const { metadata: _, status, ...rest } = object;
    return type.subresources.includes('status') ? rest : { ...rest, status };
  };
  return jsonEqual(asked(left), asked(right));
}
