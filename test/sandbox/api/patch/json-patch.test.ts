import { describe, expect, test } from 'vitest';
import { applyJsonPatch } from '../../../../src/sandbox/api/patch/json-patch.js';

/** RFC 6902, Appendix A, and what it says of pointers (RFC 6901). */
const cases = [
  ['adds a field', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['adds in place of a field', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
  ['adds into a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
  ['adds at the end of a list', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
  ['adds null', {}, [{ op: 'add', path: '/a', value: null }], { a: null }],
  ['removes a field', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
  ['removes a member', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
  ['replaces deep down', { a: [{ b: 1 }] }, [{ op: 'replace', path: '/a/0/b', value: 2 }], { a: [{ b: 2 }] }],
  ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: [] }], []],
  ['moves', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/b' }], { a: {}, c: { b: 1 } }],
  ['moves a member', { a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
  ['copies', { a: 1 }, [{ op: 'copy', from: '/a', path: '/b' }], { a: 1, b: 1 }],
  ['tests', { a: [1, { b: 2 }] }, [{ op: 'test', path: '/a/1', value: { b: 2 } }], { a: [1, { b: 2 }] }],
  ['unescapes pointers', { 'a/b': { 'c~d': 1 } }, [{ op: 'remove', path: '/a~1b/c~0d' }], { 'a/b': {} }],
  ['knows the empty name', { '': 1 }, [{ op: 'replace', path: '/', value: 2 }], { '': 2 }],
  [
    'goes through all operations',
    { a: 1 },
    [
      { op: 'add', path: '/b', value: {} },
      { op: 'add', path: '/b/c', value: 1 },
    ],
    { a: 1, b: { c: 1 } },
  ],
] as const;

test.each(cases)('%s', (_, document, operations, result) => {
  const before = structuredClone(document);
  expect(applyJsonPatch(document, operations)).toStrictEqual({ ok: true, value: result });
  expect(document).toStrictEqual(before);
});

describe('cannot', () => {
  test.each([
    ['remove what isn’t there', { op: 'remove', path: '/b' }],
    ['replace what isn’t there', { op: 'replace', path: '/b', value: 1 }],
    ['add below what isn’t there', { op: 'add', path: '/b/c', value: 1 }],
    ['add beyond the end of a list', { op: 'add', path: '/list/2', value: 1 }],
    ['remove the end of a list', { op: 'remove', path: '/list/-' }],
    ['take a name for an index', { op: 'add', path: '/list/a', value: 1 }],
    ['take an index with zeros', { op: 'remove', path: '/list/00' }],
    ['add into text', { op: 'add', path: '/text/a', value: 1 }],
    ['reach what objects inherit', { op: 'test', path: '/constructor', value: {} }],
    ['copy what isn’t there', { op: 'copy', from: '/b', path: '/c' }],
    ['move into itself', { op: 'move', from: '/list', path: '/list/0' }],
    ['pass a test that fails', { op: 'test', path: '/text', value: 'b' }],
    ['remove the whole', { op: 'remove', path: '' }],
  ])('%s', (_, operation) => {
    const result = applyJsonPatch({ list: [1], text: 'a' }, [operation]);
    expect(result).toMatchObject({ ok: false, kind: 'inapplicable' });
  });

  test.each([
    ['an operation of another kind', [{ op: 'swap', path: '/a' }]],
    ['a missing value', [{ op: 'add', path: '/a' }]],
    ['a missing path', [{ op: 'remove' }]],
    ['a path without its slash', [{ op: 'remove', path: 'a' }]],
    ['a missing from', [{ op: 'copy', path: '/a' }]],
    ['no list', {}],
    ['too many operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} }))],
  ])('understand %s', (_, operations) => {
    expect(applyJsonPatch({ a: 1 }, operations)).toMatchObject({ ok: false, kind: 'malformed' });
  });
});
