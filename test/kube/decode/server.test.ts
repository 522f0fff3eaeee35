import { describe, expect, test } from 'vitest';
import { serverDecoder } from '../../../src/kube/decode/server.js';
import { rawServer } from '../../kit/kube-objects.js';
import { decodeRaw, rowOf, withField } from './decode.js';

const decode = serverDecoder();

describe('servers', () => {
  test('all that is kept', () => {
    const spec = {
      podSelector: {
        matchLabels: { app: 'db', 'app.kubernetes.io/part-of': 'shop' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['a', 'b'] },
          { key: 'tier', operator: 'NotIn', values: ['c', ''] },
          { key: 'example.com/Shard', operator: 'Exists' },
          { key: 'retired', operator: 'DoesNotExist', values: [] },
        ],
      },
      port: 3306,
    };
    expect(rowOf(decode, rawServer('db', { namespace: 'shop', spec }))).toStrictEqual({
      id: 'shop/db',
      namespace: 'shop',
      podSelector: [
        { kind: 'in', label: 'app', values: ['db'] },
        { kind: 'in', label: 'app.kubernetes.io/part-of', values: ['shop'] },
        { kind: 'in', label: 'tier', values: ['a', 'b'] },
        { kind: 'not-in', label: 'tier', values: ['c', ''] },
        { kind: 'exists', label: 'example.com/Shard' },
        { kind: 'absent', label: 'retired' },
      ],
      externalWorkloadSelector: undefined,
      port: { kind: 'number', port: 3306 },
    });
  });

  test.each([
    undefined,
    null,
    '',
    'unknown',
    'HTTP/1',
    'TLS',
    'Opaque',
  ])('protocol %j is irrelevant', (proxyProtocol) => {
    expect(decodeRaw(decode, rawServer('web', { spec: { proxyProtocol } }))).toEqual({ kind: 'irrelevant' });
  });

  test.each([
    ['undefined', undefined, undefined],
    ['null', null, undefined],
    ['an empty one: everything', {}, []],
    ['empty parts: everything', { matchLabels: null, matchExpressions: [] }, []],
  ])('a selector that is %s', (_, selector, expected) => {
    const spec = { podSelector: selector, externalWorkloadSelector: selector };
    expect(rowOf(decode, rawServer('web', { spec }))).toMatchObject({
      podSelector: expected,
      externalWorkloadSelector: expected,
    });
  });

  test.each([
    ['80', { kind: 'name', name: '80' }],
    ['http', { kind: 'name', name: 'http' }],
    [80, { kind: 'number', port: 80 }],
    [65_535, { kind: 'number', port: 65_535 }],
  ])('port %j', (port, expected) => {
    expect(rowOf(decode, rawServer('web', { spec: { port } })).port).toEqual(expected);
  });

  test.each([
    ['spec.port', '', 'a port, 1 to 65535, or the name of one'],
    ['spec.port', null, 'a port, 1 to 65535, or the name of one'],
    ['spec.port', true, 'a port, 1 to 65535, or the name of one'],
    ['spec.port', 0, 'a port, 1 to 65535'],
    ['spec.port', 80.5, 'a port, 1 to 65535'],
    ['spec.proxyProtocol', 7, 'a string'],
    ['spec', 'text', 'an object'],
    ['metadata.name', '', 'a non-empty string'],
  ])('%s = %j makes it malformed', (field, value, expected) => {
    expect(decodeRaw(decode, withField(rawServer('web'), field, value))).toEqual({
      kind: 'malformed',
      problem: { field, value: JSON.stringify(value), expected },
    });
  });
});

describe('an invalid selector', () => {
  const good = { matchLabels: { vm: 'db' } };

  // https://github.com/linkerd/linkerd2/issues/14176
  test.each([
    [7, '', '7', 'an object'],
    [{ matchLabels: [] }, '.matchLabels', '[]', 'an object'],
    [{ matchLabels: { app: 7 } }, '.matchLabels.app', '7', 'a string'],
    [{ matchLabels: { app: null } }, '.matchLabels.app', 'null', 'a string'],
    [{ matchLabels: { 'a b': 'c' } }, '.matchLabels["a b"]', '"c"', 'a valid label name'],
    [{ matchLabels: { 'a/b/c': 'c' } }, '.matchLabels["a/b/c"]', '"c"', 'a valid label name'],
    [{ matchLabels: { 'a/': 'c' } }, '.matchLabels["a/"]', '"c"', 'a valid label name'],
    [{ matchLabels: { app: 'not a value' } }, '.matchLabels.app', '"not a value"', 'a valid label value'],
    [{ matchExpressions: {} }, '.matchExpressions', '{}', 'an array'],
    [{ matchExpressions: [7] }, '.matchExpressions[0]', '7', 'an object'],
    [
      { matchExpressions: [{ operator: 'Exists' }] },
      '.matchExpressions[0].key',
      'nothing',
      'a non-empty string',
    ],
    [
      { matchExpressions: [{ key: '-a', operator: 'Exists' }] },
      '.matchExpressions[0].key',
      '"-a"',
      'a valid label name',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'Near', values: ['b'] }] },
      '.matchExpressions[0].operator',
      '"Near"',
      'one of In, NotIn, Exists, DoesNotExist',
    ],
    [
      { matchExpressions: [{ key: 'a' }] },
      '.matchExpressions[0].operator',
      'nothing',
      'one of In, NotIn, Exists, DoesNotExist',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'In' }] },
      '.matchExpressions[0].values',
      'nothing',
      'a list of at least one value',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'NotIn', values: [] }] },
      '.matchExpressions[0].values',
      '[]',
      'a list of at least one value',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'In', values: 'b' }] },
      '.matchExpressions[0].values',
      '"b"',
      'an array',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'In', values: ['b', null] }] },
      '.matchExpressions[0].values[1]',
      'null',
      'a valid label value',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
      '.matchExpressions[0].values',
      '["b"]',
      'no values, for the operator Exists',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'DoesNotExist', values: ['b'] }] },
      '.matchExpressions[0].values',
      '["b"]',
      'no values, for the operator DoesNotExist',
    ],
  ])('%j selects nothing, says why, and leaves the other', (selector, path, value, expected) => {
    const asPods = rawServer('web', { spec: { podSelector: selector, externalWorkloadSelector: good } });
    expect(decodeRaw(decode, asPods)).toMatchObject({
      kind: 'row',
      row: {
        podSelector: undefined,
        externalWorkloadSelector: [{ kind: 'in', label: 'vm', values: ['db'] }],
      },
      warnings: [{ field: `spec.podSelector${path}`, value, expected }],
    });
    const asWorkloads = rawServer('web', { spec: { podSelector: good, externalWorkloadSelector: selector } });
    expect(decodeRaw(decode, asWorkloads)).toMatchObject({
      row: {
        podSelector: [{ kind: 'in', label: 'vm', values: ['db'] }],
        externalWorkloadSelector: undefined,
      },
      warnings: [{ field: `spec.externalWorkloadSelector${path}`, value, expected }],
    });
  });

  test('has none of its valid requirements', () => {
    const podSelector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'a', operator: 'Exists' },
        { key: 'a', operator: 'Near' },
      ],
    };
    expect(decodeRaw(decode, rawServer('web', { spec: { podSelector } }))).toMatchObject({
      row: { podSelector: undefined },
    });
  });
});
