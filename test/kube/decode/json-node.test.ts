import { describe, expect, test } from 'vitest';
import { JsonNode, type Problem } from '../../../src/kube/decode/json-node.js';

describe('reading JSON', () => {
  test('what is there is read, and what isn’t there is no problem', () => {
    const root = JsonNode.root({ a: { b: 'text' }, list: [true, false], port: 80, nothing: null });
    expect(root.get('a').get('b').string()).toBe('text');
    expect(
      root
        .get('list')
        .items()
        .map((each) => each.boolean()),
    ).toEqual([true, false]);
    expect(root.get('port').port()).toBe(80);
    expect(root.get('nothing').string()).toBeUndefined();
    expect(root.get('nothing').get('deeper').items()).toEqual([]);
    expect(root.get('absent').get('deeper').get('still').boolean()).toBeUndefined();
    expect(root.problems).toEqual([]);
  });

  test('a wrong type is noted with its path, its value and what should be there', () => {
    const root = JsonNode.root({ spec: { ports: [{ port: 80 }, { port: '80' }], 'a.b/c': 1, text: [] } });
    expect(root.get('spec').get('ports').items()[1]?.get('port').port()).toBeUndefined();
    expect(root.get('spec').get('a.b/c').string()).toBeUndefined();
    expect(root.get('spec').get('text').get('deeper').string()).toBeUndefined();
    expect(root.get('name').requiredString()).toBe('');
    expect(root.problems).toEqual([
      { field: 'spec.ports[1].port', value: '"80"', expected: 'a port, 1 to 65535' },
      { field: 'spec["a.b/c"]', value: '1', expected: 'a string' },
      { field: 'spec.text', value: '[]', expected: 'an object' },
      { field: 'name', value: 'nothing', expected: 'a non-empty string' },
    ]);
  });

  test('nothing is said to be missing from what isn’t an object, or is missing itself', () => {
    const root = JsonNode.root({ spec: 7 });
    expect(root.get('spec').get('tls').get('name').requiredString()).toBe('');
    const status = root.get('status');
    status.note('a status');
    expect(status.get('port').requiredPort()).toBeUndefined();
    expect(root.problems.map(({ field, expected }) => `${field}: ${expected}`)).toEqual([
      'spec: an object',
      'status: a status',
    ]);
    const apart = root.get('spec').get('name').apart();
    apart.requiredString();
    expect(apart.problems).toHaveLength(1);
  });

  test('strings by name are those that are strings', () => {
    const root = JsonNode.root({
      all: { a: 'x', b: '' },
      some: { a: 'x', b: 7, c: null },
      none: 'text',
      '': null,
    });
    expect(root.get('all').strings()).toEqual({ a: 'x', b: '' });
    expect(root.get('some').strings()).toEqual({ a: 'x' });
    expect(root.get('none').strings()).toEqual({});
    expect(root.get('absent').strings()).toEqual({});
    expect(root.get('').strings()).toEqual({});
    expect(root.problems).toEqual([
      { field: 'some.b', value: '7', expected: 'a string' },
      { field: 'some.c', value: 'null', expected: 'a string' },
      { field: 'none', value: '"text"', expected: 'an object' },
    ]);
  });

  test('names that objects inherit are not fields', () => {
    const root = JsonNode.root({});
    expect(root.get('constructor').exists).toBe(false);
    expect(root.get('toString').string()).toBeUndefined();
    expect(root.problems).toEqual([]);
  });

  test.each([0, 65_536, -1, 1.5, Number.NaN, '80', true, {}, []])('%j is no port', (value) => {
    const root = JsonNode.root({ port: value });
    expect(root.get('port').port()).toBeUndefined();
    expect(root.problems).toHaveLength(1);
  });

  test('a part taken apart keeps its problems to itself', () => {
    const root = JsonNode.root({ list: [1, 'a'] });
    const [first] = root.get('list').items();
    const part = first?.apart();
    part?.string();
    expect(part?.problems).toEqual([{ field: 'list[0]', value: '1', expected: 'a string' }]);
    expect(root.problems).toEqual([]);
  });

  test('of too many problems only the first are described, wherever they are', () => {
    const root = JsonNode.root(Array.from({ length: 3_000 }, () => 7));
    const nodes = root.items();
    for (const node of nodes.slice(0, 500)) node.string();
    const problems: Problem[] = [];
    for (const node of nodes.slice(500)) {
      const part = node.apart();
      part.string();
      part.tellProblems(problems);
    }
    expect([root.problems.length, problems.length]).toEqual([500, 2_500]);
    expect(problems[499]).toEqual({ field: '[999]', value: '7', expected: 'a string' });
    expect(problems[500]).toEqual({ field: '', value: '', expected: '' });
  });

  test('a long value is shortened', () => {
    const root = JsonNode.root({ a: 'x'.repeat(1_000) });
    root.get('a').boolean();
    expect(root.problems[0]?.value).toHaveLength(100);
  });

  test('so is a long name in a path', () => {
    const root = JsonNode.root({ ['a'.repeat(1_000)]: 7 });
    root.strings();
    expect(root.problems[0]?.field).toHaveLength(102);
  });
});
