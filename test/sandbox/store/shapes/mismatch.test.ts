import { describe, expect, test } from 'vitest';
import { mismatchesOf, pruned } from '../../../../src/sandbox/store/shapes/mismatch.js';
import { shapeOfSchema } from '../../../../src/sandbox/store/shapes/schema.js';
import { deployment, deployments, pods } from '../../store/kit.js';

describe('a manifest', () => {
  test('that fits has no mismatches', () => {
    expect(mismatchesOf(deployments.shape, deployment('a'))).toStrictEqual({ unknown: [], mistyped: [] });
    const nulls = deployment('a', { replicas: null, template: { metadata: { creationTimestamp: null } } });
    expect(mismatchesOf(deployments.shape, nulls)).toStrictEqual({ unknown: [], mistyped: [] });
  });

  test('with unknown fields has a path for each', () => {
    const object = {
      metadata: { name: 'a', label: {} },
      spec: { containers: [{ name: 'a' }, JSON.parse('{"name":"b","imagee":"x","constructor":1}')] },
      status: { anything: 1 },
      Spec: {},
    };
    expect(mismatchesOf(pods.shape, object).unknown).toStrictEqual([
      'metadata.label',
      'spec.containers[1].imagee',
      'spec.containers[1].constructor',
      'Spec',
    ]);
  });

  test('with values of wrong types says what they must be', () => {
    const object = {
      metadata: { labels: { a: 1 } },
      spec: {
        containers: { name: 'a' },
        hostNetwork: 'yes',
        volumes: [{ emptyDir: { sizeLimit: true } }],
        nodeName: ['a'],
        affinity: 'none',
      },
    };
    expect(
      mismatchesOf(pods.shape, object).mistyped.map(({ path, problem }) => `${path}: ${problem}`),
    ).toStrictEqual([
      'metadata.labels.a: must be text, not a number',
      'spec.containers: must be a list, not an object',
      'spec.hostNetwork: must be true or false, not text',
      'spec.volumes[0].emptyDir.sizeLimit: must be a number or text, not true or false',
      'spec.nodeName: must be text, not a list',
      'spec.affinity: must be an object, not text',
    ]);
  });

  test('is pruned of what is unknown, and else left as it is', () => {
    const fitting = deployment('a');
    expect(pruned(deployments.shape, fitting)).toBe(fitting);
    const object = {
      kind: 'Pod',
      extra: 1,
      spec: { containers: [{ name: 'a', b: 1 }], c: 2 },
      status: { d: 3 },
    };
    expect(pruned(pods.shape, object)).toStrictEqual({
      kind: 'Pod',
      spec: { containers: [{ name: 'a' }] },
      status: { d: 3 },
    });
    expect(pruned(pods.shape, { spec: 'text' })).toStrictEqual({ spec: 'text' });
  });
});

describe('the schema of a defined type', () => {
  const shape = shapeOfSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          on: { type: 'boolean' },
          tags: { type: 'array', items: { type: 'string' } },
          weights: { type: 'object', additionalProperties: { type: 'number' } },
          port: { 'x-kubernetes-int-or-string': true },
          extra: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            properties: { a: { type: 'string' } },
          },
          any: { 'x-kubernetes-preserve-unknown-fields': true },
          template: { type: 'object', 'x-kubernetes-embedded-resource': true },
        },
      },
    },
  });

  test('accepts what it describes, with what every object has', () => {
    const object = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a', labels: { a: 'b' } },
      spec: {
        size: 1,
        on: true,
        tags: ['a'],
        weights: { a: 0.5 },
        port: 'http',
        extra: { a: 'b', c: 1 },
        any: [1],
        template: { kind: 'Pod' },
      },
    };
    expect(mismatchesOf(shape, object)).toStrictEqual({ unknown: [], mistyped: [] });
  });

  test('tells what it does not', () => {
    const object = {
      metadata: { names: 'a' },
      spec: { size: 'large', tags: 'a', weights: { a: 'b' }, extra: { a: 1 }, other: 1 },
      status: {},
    };
    const { unknown, mistyped } = mismatchesOf(shape, object);
    expect(unknown).toStrictEqual(['metadata.names', 'spec.other', 'status']);
    expect(mistyped.map(({ path }) => path)).toStrictEqual([
      'spec.size',
      'spec.tags',
      'spec.weights.a',
      'spec.extra.a',
    ]);
  });
});
