import { expect, test } from 'vitest';
import { canonical, podFromTemplate, shortHash } from '../../../src/sandbox/controllers/pod-template.js';
import { workload } from './test-cluster.js';

test('a hash depends on what a value holds, not on the order of its fields', () => {
  const hash = shortHash({ a: 1, b: { c: [1, 2], d: undefined } });
  expect(hash).toBe(shortHash({ b: { c: [1, 2] }, a: 1 }));
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
  expect(shortHash({ a: 1, b: { c: [2, 1] } })).not.toBe(hash);
  expect(shortHash({ a: 1, b: { c: [1, 2] } }, 1)).not.toBe(hash);
});

test('canonical text tells all JSON values apart', () => {
  expect(canonical({ b: [null, 'x"', true], a: { y: 2, x: 1 } })).toBe(
    '{"a":{"x":1,"y":2},"b":[null,"x\\"",true]}',
  );
});

test('a pod takes everything from the template, and belongs to its owner', () => {
  const base = workload('StatefulSet', 'db', {
    template: {
      metadata: { labels: { app: 'db' }, annotations: { note: 'hi' }, finalizers: ['example.com/hold'] },
      spec: { containers: [{ name: 'main', image: 'db:1' }], custom: { kept: true } },
    },
  });
  const owner = { ...base, metadata: { ...base.metadata, uid: 'u1' } };
  expect(
    podFromTemplate({
      owner,
      name: { exact: 'db-0' },
      labels: { role: 'first' },
      spec: { hostname: 'db-0' },
    }),
  ).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'db-0',
      namespace: 'default',
      labels: { app: 'db', role: 'first' },
      annotations: { note: 'hi' },
      finalizers: ['example.com/hold'],
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          name: 'db',
          uid: 'u1',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { containers: [{ name: 'main', image: 'db:1' }], custom: { kept: true }, hostname: 'db-0' },
  });
  expect(podFromTemplate({ owner, name: { prefix: 'db-' } }).metadata).toMatchObject({
    name: '',
    generateName: 'db-',
  });
});
