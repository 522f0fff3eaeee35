import { type Fields, at, fieldsAt, isFields, isTrueAt, textAt } from '../field.js';
import { objectMeta } from './metadata.js';
import { type Shape, list, open, texts } from './shape.js';

/** The shape that the OpenAPI schema of a CustomResourceDefinition describes, as far as types and field names go. */
export function shapeOfSchema(schema: unknown): Shape {
  const shape = shapeOf(schema);
  if (shape.kind !== 'object') return shape;
  // What all kinds have needs no mention in the schema, and can't be changed by it.
  return { ...shape, fields: { ...shape.fields, ...texts('apiVersion', 'kind'), metadata: objectMeta } };
}

function shapeOf(schema: unknown): Shape {
  if (isTrueAt(schema, 'x-kubernetes-int-or-string')) return { kind: 'number-or-text' };
  if (isTrueAt(schema, 'x-kubernetes-embedded-resource')) return open;
  switch (textAt(schema, 'type') ?? '') {
    case 'string':
      return { kind: 'text' };
    case 'integer':
    case 'number':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'flag' };
    case 'array':
      return list(shapeOf(at(schema, 'items')));
    case 'object':
      return objectShape(schema);
    default:
      return open;
  }
}

function objectShape(schema: unknown): Shape {
  const additional = at(schema, 'additionalProperties');
  if (isFields(additional)) return { kind: 'map', value: shapeOf(additional) };
  const properties: Fields = fieldsAt(schema, 'properties') ?? {};
  const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, shapeOf(one)]));
  const preserving = additional === true || isTrueAt(schema, 'x-kubernetes-preserve-unknown-fields');
  return { kind: 'object', fields, open: preserving };
}
