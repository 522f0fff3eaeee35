import { describe, expect, test } from 'vitest';
import { plainEqual } from '../../src/core/equal.js';
import { Table } from '../../src/engine/table.js';
import { View } from '../../src/engine/view.js';
import { testEngine } from '../kit/engine.js';
import { resetTable } from '../kit/reset-table.js';

interface Row {
  readonly tags: readonly string[];
}

function tagged(engine = testEngine().engine) {
  const table = new Table<string, Row>(engine, { name: 'tagged', equal: plainEqual });
  return { engine, table, byTag: table.index((row) => row.tags) };
}

describe('Table', () => {
  test('an equal row changes nothing', () => {
    const { engine, table } = tagged();
    table.apply('a', { tags: ['x'] });
    const { revision } = engine;
    table.apply('a', { tags: ['x'] });
    table.delete('b');
    expect(engine.revision).toBe(revision);
  });
});

describe('Index', () => {
  test('follows every change of the values', () => {
    const { table, byTag } = tagged();
    table.apply('b', { tags: ['x', 'y'] });
    table.apply('a', { tags: ['x'] });
    expect(byTag.rows('x')).toEqual([{ tags: ['x'] }, { tags: ['x', 'y'] }]);
    table.apply('b', { tags: ['y', 'z'] });
    expect([byTag.rows('x'), byTag.rows('y'), byTag.rows('z')]).toEqual([
      [{ tags: ['x'] }],
      [{ tags: ['y', 'z'] }],
      [{ tags: ['y', 'z'] }],
    ]);
    table.delete('b');
    expect([byTag.rows('y'), byTag.rows('z')]).toEqual([[], []]);
  });

  test('tells its keys, and of their coming and going apart from what their rows say', () => {
    const { engine, table, byTag } = tagged();
    const keys = new View<string, readonly string[]>(engine, {
      name: 'keys',
      id: String,
      derive: (read, tag) => read.keys(byTag, tag),
    });
    keys.subscribe('x', () => undefined);
    const told = () => {
      engine.flush();
      return [keys.read('x'), keys.stats().computations];
    };
    expect(told()).toEqual([[], 1]);
    table.apply('b', { tags: ['x'] });
    expect(told()).toEqual([['b'], 2]);
    table.apply('b', { tags: ['x', 'y'] });
    expect(told()).toEqual([['b'], 2]);
    table.apply('a', { tags: ['y', 'x'] });
    expect(told()).toEqual([['a', 'b'], 3]);
    table.apply('b', { tags: ['y'] });
    expect(told()).toEqual([['a'], 4]);
    table.delete('a');
    expect(told()).toEqual([[], 5]);
  });

  test('covers the rows that were there before it', () => {
    const { table } = tagged();
    table.apply('a', { tags: ['x'] });
    expect(table.index((row) => row.tags).rows('x')).toEqual([{ tags: ['x'] }]);
  });

  test('a value that names one row after another', () => {
    const { table, byTag } = tagged();
    const held = (): readonly (readonly string[])[] => byTag.rows('x').map(({ tags }) => tags);
    table.apply('a', { tags: ['x', 'a'] });
    expect(held()).toEqual([['x', 'a']]);
    table.apply('a', { tags: ['x', 'a2'] });
    expect(held()).toEqual([['x', 'a2']]);
    table.delete('b');
    table.apply('c', { tags: ['x', 'c'] });
    table.apply('b', { tags: ['x', 'b'] });
    expect(held()).toEqual([
      ['x', 'a2'],
      ['x', 'b'],
      ['x', 'c'],
    ]);
    table.apply('a', { tags: [] });
    table.delete('c');
    expect(held()).toEqual([['x', 'b']]);
    table.apply('d', { tags: ['x', 'd'] });
    expect(held()).toEqual([
      ['x', 'b'],
      ['x', 'd'],
    ]);
    resetTable(table, []);
    expect(held()).toEqual([]);
  });
});
