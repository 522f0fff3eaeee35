import { describe, expect, test } from 'vitest';
import { plainEqual } from '../../src/core/equal.js';
import { Table } from '../../src/engine/table.js';
import { View } from '../../src/engine/view.js';
import { testEngine } from '../kit/engine.js';
import { resetTable } from '../kit/reset-table.js';

interface Row {
  readonly tags: readonly string[];
}

/** A table with a view of a row, and one of the keys under a tag, and who was told what of either. */
function watchedTable() {
  const { engine, scheduler } = testEngine();
  const table = new Table<string, Row>(engine, { name: 'tagged', equal: plainEqual });
  const byTag = table.index(({ tags }) => tags);
  const rowView = new View<string, readonly string[] | undefined>(engine, {
    name: 'row',
    id: String,
    derive: (read, key) => read.get(table, key)?.tags,
  });
  const tagView = new View<string, string>(engine, {
    name: 'tag',
    id: String,
    derive: (read, tag) =>
      read
        .by(byTag, tag)
        .map(({ tags }) => tags.join('+'))
        .join(),
  });
  return {
    engine,
    scheduler,
    table,
    byTag,
    rowView,
    tagView,
    /** What a subscriber was told, the first state included. */
    watch: <Value>(view: View<string, Value>, key: string): Value[] => {
      const subscription = view.subscribe(key, () => told.push(subscription.latest.value));
      const told = [subscription.latest.value];
      return told;
    },
  };
}

const x: Row = { tags: ['x'] };
const y: Row = { tags: ['y'] };
const xy: Row = { tags: ['x', 'y'] };

describe('a reset', () => {
  test('makes the rows that were added and kept the whole content', () => {
    const { table, byTag } = watchedTable();
    table.apply('gone', x);
    table.apply('kept', xy);
    table.apply('changed', x);
    const reset = table.beginReset();
    reset.keep('kept');
    reset.keep('never-there');
    reset.add('changed', y);
    reset.add('added', x);
    reset.commit();
    expect([...table.entries()]).toEqual([
      ['kept', xy],
      ['changed', y],
      ['added', x],
    ]);
    expect(table.size).toBe(3);
    expect([byTag.rows('x'), byTag.rows('y')]).toEqual([
      [x, xy],
      [y, xy],
    ]);
  });

  test('leaves a content that goes on as any other', () => {
    const { table, byTag } = watchedTable();
    resetTable(table, [
      ['a', x],
      ['b', x],
    ]);
    table.delete('a');
    table.apply('b', xy);
    table.apply('c', y);
    expect([byTag.rows('x'), byTag.rows('y')]).toEqual([[xy], [xy, y]]);
    resetTable(table, []);
    expect([table.size, byTag.rows('x'), byTag.rows('y')]).toEqual([0, [], []]);
  });

  test('keeps the row that is there where the one that is added is equal to it', () => {
    const { table, engine } = watchedTable();
    table.apply('a', x);
    const { revision } = engine;
    resetTable(table, [['a', { tags: ['x'] }]]);
    expect(table.get('a')).toBe(x);
    expect(engine.revision).toBe(revision);
  });

  test('takes the last of several rows of one key', () => {
    const { table, byTag, watch, rowView } = watchedTable();
    table.apply('a', x);
    const told = watch(rowView, 'a');
    resetTable(table, [
      ['a', y],
      ['a', x],
      ['b', x],
      ['b', y],
    ]);
    expect([byTag.rows('x'), byTag.rows('y'), table.size]).toEqual([[x], [y], 2]);
    expect(told).toEqual([['x']]);
  });

  test('that isn’t committed changes nothing, whatever happens next', () => {
    const { table, byTag, engine } = watchedTable();
    table.apply('a', x);
    const { revision } = engine;
    table.beginReset().add('b', x);
    expect([table.size, byTag.rows('x'), engine.revision]).toEqual([1, [x], revision]);
    table.apply('c', x);
    resetTable(table, [['d', x]]);
    expect([...table.entries()]).toEqual([['d', x]]);
  });

  test('of a table that was written meanwhile is a bug, and is not taken', () => {
    const { table } = watchedTable();
    table.apply('a', x);
    const reset = table.beginReset();
    reset.add('b', x);
    table.apply('c', x);
    expect(() => reset.commit()).toThrow('table tagged was written during a reset');
    expect([...table.entries()]).toEqual([
      ['a', x],
      ['c', x],
    ]);
  });
});

describe('a subscriber', () => {
  test('sees nothing of a reset until it is committed, turns of the engine or not', () => {
    const { table, engine, scheduler, watch, rowView, tagView } = watchedTable();
    table.apply('gone', x);
    table.apply('stays', xy);
    const all = [watch(rowView, 'gone'), watch(rowView, 'added'), watch(tagView, 'x'), watch(tagView, 'y')];
    const before = [[['x']], [undefined], ['x,x+y'], ['x+y']];
    expect(all).toEqual(before);

    const reset = table.beginReset();
    reset.add('added', y);
    scheduler.advance(1_000);
    engine.flush();
    reset.add('stays', { tags: ['x', 'y'] });
    scheduler.advance(1_000);
    engine.flush();
    expect(all).toEqual(before);
    // Who comes in between is told the present state as well.
    expect([rowView.read('added'), tagView.read('y')]).toEqual([undefined, 'x+y']);

    reset.commit();
    expect(all).toEqual(before);
    scheduler.advance(1_000);
    expect(all).toEqual([
      [['x'], undefined],
      [undefined, ['y']],
      ['x,x+y', 'x+y'],
      ['x+y', 'y,x+y'],
    ]);
  });

  test('of what a reset leaves as it was is neither told nor computed anew', () => {
    const { table, engine, watch, rowView, tagView } = watchedTable();
    table.apply('a', x);
    table.apply('b', y);
    table.apply('c', y);
    const all = [watch(rowView, 'a'), watch(tagView, 'x'), watch(rowView, 'b')];
    const computed = (): readonly number[] => [rowView, tagView].map((view) => view.stats().computations);
    const [rows = 0, tags = 0] = computed();
    resetTable(table, [
      ['c', y],
      ['b', xy],
      ['a', { tags: ['x'] }],
    ]);
    engine.flush();
    expect(all).toEqual([[['x']], ['x', 'x,x+y'], [['y'], ['x', 'y']]]);
    expect(computed()).toEqual([rows + 1, tags + 1]);
    resetTable(table, [...table.entries()].reverse());
    engine.flush();
    expect(computed()).toEqual([rows + 1, tags + 1]);
  });
});
