import { type Column, ageColumn, column, nameAndAge, nameColumn } from './column.js';
import { ageOf } from './duration.js';
import { at, fieldsAt, listAt, numberAt, recordsAt, textAt } from './field.js';
import { valueAtJsonPath } from './json-path.js';
import { type Json, type KubeObject, timestamp } from './object.js';
import { type ResourceType, type Subresource, resourceType } from './resource-type.js';
import { shapeOfSchema } from './shapes/schema.js';

/** What an apiextensions.k8s.io/v1 CustomResourceDefinition defines: a type for each version that it serves. */
export function definedTypes(definition: KubeObject): readonly ResourceType[] {
  const group = textAt(definition, 'spec', 'group') ?? '';
  const names = fieldsAt(definition, 'spec', 'names');
  const kind = textAt(names, 'kind') ?? '';
  const texts = (field: string): readonly string[] =>
    listAt(names, field).filter((one): one is string => typeof one === 'string');
  return recordsAt(definition, 'spec', 'versions')
    .filter((version) => version['served'] === true)
    .map((version) =>
      resourceType({
        group,
        version: textAt(version, 'name') ?? '',
        kind,
        plural: textAt(names, 'plural') ?? '',
        singular: textAt(names, 'singular') ?? kind.toLowerCase(),
        shortNames: texts('shortNames'),
        categories: texts('categories'),
        namespaced: textAt(definition, 'spec', 'scope') === 'Namespaced',
        subresources: subresourcesOf(version),
        generation: true,
        custom: true,
        selectableFields: recordsAt(version, 'selectableFields').map((one) =>
          (textAt(one, 'jsonPath') ?? '').replace(/^\./, ''),
        ),
        columns: columnsOf(version),
        shape: shapeOfSchema(at(version, 'schema', 'openAPIV3Schema')),
      }),
    );
}

/** The status of a definition that is in force, as of `now`. */
export function establishedStatus(definition: KubeObject, now: Date): Readonly<Record<string, unknown>> {
  const condition = (type: string, reason: string, message: string): unknown => ({
    type,
    status: 'True',
    lastTransitionTime: timestamp(now),
    reason,
    message,
  });
  return {
    acceptedNames: at(definition, 'spec', 'names'),
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: recordsAt(definition, 'spec', 'versions')
      .filter((version) => version['storage'] === true)
      .map((version) => version['name']),
  };
}

function subresourcesOf(version: unknown): readonly Subresource[] {
  const declared = fieldsAt(version, 'subresources') ?? {};
  return (['status', 'scale'] as const).filter((name) => declared[name] !== undefined);
}

function columnsOf(version: unknown): readonly Column[] {
  const extra = recordsAt(version, 'additionalPrinterColumns');
  if (extra.length === 0) return nameAndAge;
  return [
    nameColumn,
    ...extra.map((one) => {
      const name = textAt(one, 'name') ?? '';
      const type = columnType(textAt(one, 'type'));
      const path = textAt(one, 'jsonPath') ?? '';
      if (path === '.metadata.creationTimestamp') return { ...ageColumn, name };
      return column(name, (object, now) => cellOf(valueAtJsonPath(object, path), type, now), {
        type,
        wide: (numberAt(one, 'priority') ?? 0) > 0,
        description: textAt(one, 'description') ?? '',
      });
    }),
  ];
}

function columnType(text: string | undefined): Column['type'] {
  const types = ['integer', 'number', 'boolean', 'date'] as const;
  return types.find((one) => one === text) ?? 'string';
}

function cellOf(value: unknown, type: Column['type'], now: Date): Json {
  if (value === undefined) return null;
  if (type === 'date') return ageOf(typeof value === 'string' ? value : undefined, now);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
