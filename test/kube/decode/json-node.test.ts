import { describe, expect, test } from 'vitest';
import { JsonNode } from '../../../src/kube/decode/json-node.js';

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

  test('a long value is shortened', () => {
    const root = JsonNode.root({ a: 'x'.repeat(1_000) });
    root.get('a').boolean();
    expect(root.problems[0]?.value).toHaveLength(100);
  });
});
