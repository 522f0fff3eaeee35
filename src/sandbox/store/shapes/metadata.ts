import {
  type Shape,
  flags,
  list,
  listBy,
  numbers,
  object,
  open,
  openObject,
  textMap,
  textSet,
  texts,
  textLists,
} from './shape.js';

/** The shapes of meta/v1, and what all kinds have in common. */

const ownerReference = object(
  texts('apiVersion', 'kind', 'name', 'uid'),
  flags('blockOwnerDeletion', 'controller'),
);

export const objectMeta = object(
  texts(
    'name',
    'generateName',
    'namespace',
    'uid',
    'resourceVersion',
    'selfLink',
    'creationTimestamp',
    'deletionTimestamp',
  ),
  numbers('generation', 'deletionGracePeriodSeconds'),
  {
    labels: textMap,
    annotations: textMap,
    finalizers: textSet,
    ownerReferences: listBy('uid', ownerReference),
    managedFields: list(open),
  },
);

const requirement = object(texts('key', 'operator'), textLists('values'));

export const labelSelector = object({ matchLabels: textMap, matchExpressions: list(requirement) });

export const objectReference = object(
  texts('apiVersion', 'fieldPath', 'kind', 'name', 'namespace', 'resourceVersion', 'uid'),
);

/** A status is written by controllers: of it only what patches must know is described. */
export const conditionsStatus = openObject({ conditions: listBy('type', open) });

/** A whole object, with `metadata` and what else its kind has. */
export function kindShape(fields: Readonly<Record<string, Shape>>): Shape {
  return object(texts('apiVersion', 'kind'), { metadata: objectMeta, ...fields });
}

/** An object of which nothing is known but its metadata. */
export const unknownKind = openObject(texts('apiVersion', 'kind'), { metadata: objectMeta });

/** autoscaling/v1 Scale. */
export const scale = kindShape({
  spec: object(numbers('replicas')),
  status: object(numbers('replicas'), texts('selector')),
});
