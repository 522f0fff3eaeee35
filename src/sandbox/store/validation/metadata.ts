import { at, isFields } from '../field.js';
import type { KubeObject } from '../object.js';
import { type FieldProblem, forbiddenField, invalidValue, required } from '../problem.js';
import type { ResourceType } from '../resource-type.js';
import { jsonEqual } from '../immutable.js';
import { labelValueProblem, qualifiedNameProblem } from './name.js';

/** The limit on the keys and values of all annotations of an object together. */
const maxAnnotationBytes = 256 * 1_024;

/** Checks the metadata of an object that is about to be stored in place of `previous`. */
export function metadataProblems(
  type: ResourceType,
  object: KubeObject,
  previous: KubeObject | undefined,
): readonly FieldProblem[] {
  const { metadata } = object;
  return [
    ...nameProblems(type, metadata.name),
    ...labelsProblems(metadata.labels, 'metadata.labels'),
    ...annotationsProblems(metadata.annotations),
    ...ownerProblems(metadata.ownerReferences),
    ...finalizerProblems(object, previous),
  ];
}

function nameProblems(type: ResourceType, name: string): readonly FieldProblem[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  const problem = type.nameProblem(name);
  return problem === undefined ? [] : [invalidValue('metadata.name', name, problem)];
}

/** Checks a map of labels at `field`. */
export function labelsProblems(labels: unknown, field: string): readonly FieldProblem[] {
  if (labels === undefined || labels === null) return [];
  if (!isFields(labels)) return [invalidValue(field, labels, 'must be a map of strings')];
  return Object.entries(labels).flatMap(([key, value]) => {
    const keyProblem = qualifiedNameProblem(key);
    if (keyProblem !== undefined) return [invalidValue(field, key, keyProblem)];
    if (typeof value !== 'string') return [invalidValue(`${field}.${key}`, value, 'must be a string')];
    const valueProblem = labelValueProblem(value);
    return valueProblem === undefined ? [] : [invalidValue(field, value, valueProblem)];
  });
}

function annotationsProblems(annotations: unknown): readonly FieldProblem[] {
  const field = 'metadata.annotations';
  if (annotations === undefined) return [];
  if (!isFields(annotations)) return [invalidValue(field, annotations, 'must be a map of strings')];
  let bytes = 0;
  const problems: FieldProblem[] = [];
  for (const [key, value] of Object.entries(annotations)) {
    // Only the case of annotation keys is free.
    const problem = qualifiedNameProblem(key.toLowerCase());
    if (problem !== undefined) problems.push(invalidValue(field, key, problem));
    if (typeof value === 'string') bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    else problems.push(invalidValue(`${field}.${key}`, value, 'must be a string'));
  }
  if (bytes > maxAnnotationBytes) {
    const message = `Too long: may not be more than ${maxAnnotationBytes} bytes`;
    problems.push({ field, reason: 'FieldValueTooLong', message });
  }
  return problems;
}

function ownerProblems(owners: unknown): readonly FieldProblem[] {
  const field = 'metadata.ownerReferences';
  if (owners === undefined) return [];
  if (!Array.isArray(owners)) return [invalidValue(field, owners, 'must be a list')];
  const problems = owners.flatMap((owner: unknown, index) =>
    ['apiVersion', 'kind', 'name', 'uid']
      .filter((part) => typeof at(owner, part) !== 'string' || at(owner, part) === '')
      .map((part) => invalidValue(`${field}[${index}].${part}`, at(owner, part) ?? '', 'must not be empty')),
  );
  const controllers = owners.filter((owner) => at(owner, 'controller') === true);
  if (controllers.length > 1) {
    problems.push(
      invalidValue(field, controllers.length, 'only one reference can have controller set to true'),
    );
  }
  return problems;
}

function finalizerProblems(object: KubeObject, previous: KubeObject | undefined): readonly FieldProblem[] {
  const field = 'metadata.finalizers';
  const finalizers: unknown = object.metadata.finalizers;
  if (finalizers === undefined) return [];
  if (!Array.isArray(finalizers)) return [invalidValue(field, finalizers, 'must be a list')];
  const before = previous?.metadata.finalizers ?? [];
  const added = finalizers.filter((one: unknown) => !before.some((other) => jsonEqual(one, other)));
  if (previous?.metadata.deletionTimestamp !== undefined && added.length > 0) {
    return [
      forbiddenField(
        field,
        `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
      ),
    ];
  }
  return added.flatMap((one: unknown, index) => {
    if (typeof one !== 'string') return [invalidValue(`${field}[${index}]`, one, 'must be a string')];
    const problem = qualifiedNameProblem(one);
    return problem === undefined ? [] : [invalidValue(field, one, problem)];
  });
}
