import { expect, test } from 'vitest';
import { controllerDecoder } from '../../../src/kube/decode/controller.js';
import { namespaceDecoder } from '../../../src/kube/decode/namespace.js';
import { rawDeployment, rawNamespace } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

test('of a namespace its name; the metadata alone is enough', () => {
  expect(rowOf(namespaceDecoder(), rawNamespace('shop'))).toStrictEqual({ name: 'shop' });
  const { metadata } = rawNamespace('shop');
  expect(rowOf(namespaceDecoder(), { kind: 'PartialObjectMetadata', metadata })).toStrictEqual({
    name: 'shop',
  });
});

test('of a controller its name and namespace; the metadata alone is enough', () => {
  const { metadata } = rawDeployment('web', { namespace: 'shop' });
  expect(rowOf(controllerDecoder(), { kind: 'PartialObjectMetadata', metadata })).toStrictEqual({
    id: 'shop/web',
    namespace: 'shop',
    name: 'web',
  });
});

test('one without a namespace is malformed', () => {
  const raw = withField(rawDeployment('web'), 'metadata.namespace', undefined);
  expect(decodeRaw(controllerDecoder(), raw)).toMatchObject({
    kind: 'malformed',
    problem: { field: 'metadata.namespace' },
  });
});
