import { describe, expect, test } from 'vitest';
import { resources } from '../../../../src/sandbox/store/resource.js';
import { scale } from '../../../../src/sandbox/store/shapes/metadata.js';
import type { Shape } from '../../../../src/sandbox/store/shapes/shape.js';

/**
 * The models of `@kubernetes/client-node`, which are generated from Kubernetes' own OpenAPI document, hold the shapes to
 * what Kubernetes has: no field is missing, none is made up, and each is of the right type.
 */

// By a name that the compiler doesn't see: the package's types need others that this project has no use for.
const packageName: string = '@kubernetes/client-node';
const clientNode: unknown = await import(packageName);

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

function attributesOf(model: string): readonly Attribute[] | undefined {
  const found: unknown = Reflect.get(Object(clientNode), model);
  if (typeof found !== 'function' || !('getAttributeTypeMap' in found)) return undefined;
  const { getAttributeTypeMap } = found as { getAttributeTypeMap: () => readonly Attribute[] };
  return getAttributeTypeMap.call(found);
}

/** Text in the models, and a number may stand for it: a quantity of resources. */
const quantity = /\.(limits|requests|overhead)\.\*$|\.(sizeLimit|divisor)$/;

/** Where the shape differs from the model, one line each. */
function differences(shape: Shape, type: string, path: string): readonly string[] {
  const differs = [`${path}: ${shape.kind} is ${type}`];
  switch (shape.kind) {
    case 'open':
      return [];
    case 'text':
      return ['string', 'Date', 'V1MicroTime'].includes(type) ? [] : differs;
    case 'number':
      return type === 'number' ? [] : differs;
    case 'flag':
      return type === 'boolean' ? [] : differs;
    case 'number-or-text':
      return type === 'IntOrString' || (type === 'string' && quantity.test(path)) ? [] : differs;
    case 'list': {
      const member = /^Array<(.*)>$/.exec(type)?.[1];
      return member === undefined ? differs : differences(shape.member, member, `${path}[]`);
    }
    case 'map': {
      const value = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
      return value === undefined ? differs : differences(shape.value, value, `${path}.*`);
    }
    case 'object':
      return objectDifferences(shape, type, path);
  }
}

function objectDifferences(
  shape: Extract<Shape, { kind: 'object' }>,
  type: string,
  path: string,
): readonly string[] {
  const attributes = attributesOf(type);
  if (!attributes) return [`${path}: object is ${type}`];
  const missing = attributes.filter(({ baseName }) => !(baseName in shape.fields));
  return [
    ...(shape.open ? [] : missing.map(({ baseName }) => `${path}.${baseName}: is missing`)),
    ...Object.entries(shape.fields).flatMap(([name, field]) => {
      const attribute = attributes.find(({ baseName }) => baseName === name);
      if (!attribute) return [`${path}.${name}: is made up`];
      return differences(field, attribute.type, `${path}.${name}`);
    }),
  ];
}

describe('the shape', () => {
  test.each(
    resources.map((type) => [type.kind, type] as const),
  )('of a %s is that of Kubernetes', (kind, type) => {
    const model = kind === 'Event' ? 'CoreV1Event' : `V1${kind}`;
    expect(differences(type.shape, model, kind)).toStrictEqual([]);
  });

  test('of a Scale too', () => {
    expect(differences(scale, 'V1Scale', 'Scale')).toStrictEqual([]);
  });
});
