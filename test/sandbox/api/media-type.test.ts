import { expect, test } from 'vitest';
import { negotiate } from '../../../src/sandbox/api/media-type.js';

const whole = { kind: 'whole' };
const table = { kind: 'table', includeObject: 'Metadata' };

test.each([
  [undefined, whole],
  ['', whole],
  ['*/*', whole],
  ['application/json', whole],
  ['application/json;stream=watch', whole],
  ['text/html, application/*;q=0.5', whole],
  ['application/vnd.kubernetes.protobuf, application/json', whole],
  [
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
    table,
  ],
  ['application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', whole],
  [
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    { kind: 'metadata' },
  ],
  ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', { kind: 'metadata' }],
])('%s', (accept, representation) => {
  expect(negotiate(accept)).toStrictEqual({ representation, format: 'json' });
});

test('YAML, and what can’t be had', () => {
  expect(negotiate('application/yaml')).toStrictEqual({ representation: whole, format: 'yaml' });
  expect(negotiate('application/vnd.kubernetes.protobuf')).toBeUndefined();
  expect(negotiate('application/json;as=Chart;g=meta.k8s.io;v=v1')).toBeUndefined();
});

test('the query says how much of its object a row carries', () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  for (const [includeObject, expected] of [
    ['None', 'None'],
    ['Object', 'Object'],
    ['Metadata', 'Metadata'],
    ['Some', 'Metadata'],
    [null, 'Metadata'],
  ] as const) {
    expect(negotiate(accept, { includeObject })?.representation).toStrictEqual({
      kind: 'table',
      includeObject: expected,
    });
  }
});
