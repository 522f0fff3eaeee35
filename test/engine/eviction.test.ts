import { describe, expect, test } from 'vitest';
import { Table } from '../../src/engine/table.js';
import { View } from '../../src/engine/view.js';
import { testEngine } from '../kit/engine.js';
import { numbers, watch } from './numbers.js';

describe('keys that nobody reads any more', () => {
  test('outlive their last reader by the time of grace and are then forgotten', () => {
    const { engine, scheduler } = testEngine({ graceMs: 1_000 });
    const { table, parity } = numbers(engine);
    const { subscription } = watch(parity, 'n');
    subscription.close();
    scheduler.advance(999);
    expect([parity.stats().keys, table.observed]).toEqual([1, 1]);

    const again = watch(parity, 'n');
    expect(parity.stats().computations).toBe(1);
    scheduler.advance(5_000);
    expect(parity.stats().keys).toBe(1);

    again.subscription.close();
    scheduler.advance(1_000);
    expect([parity.stats().keys, table.observed, scheduler.pending]).toEqual([0, 0, 0]);
  });

  test('are bounded in number', () => {
    const { engine } = testEngine({ maxIdleKeys: 10 });
    const { table, parity } = numbers(engine);
    for (let n = 0; n < 1_000; n++) parity.read(`n${n}`);
    expect([parity.stats().keys, table.observed, engine.idleKeys]).toEqual([10, 10, 10]);
  });

  test('take along what only they have read, and no other, when they go for want of room', () => {
    const { engine } = testEngine({ maxIdleKeys: 5_000 });
    const { table, parity } = numbers(engine);
    const shout = new View<string, string>(engine, {
      name: 'shout',
      id: String,
      derive: (read, key) => read.view(parity, key).toUpperCase(),
    });
    for (let n = 0; n < 7_000; n++) shout.read(`n${n}`);
    const keys = [shout, parity].map((view) => view.stats().keys);
    expect([...keys, table.observed, engine.idleKeys]).toEqual([5_000, 5_000, 5_000, 5_000]);
    const computations = shout.stats().computations;
    shout.read('n2000');
    expect(shout.stats().computations).toBe(computations);
  });
});

describe('a key at work is not dropped to make room', () => {
  /** `sum` reads the numbers that the row `list` names, and `shout` reads `sum`. */
  function sums() {
    const { engine } = testEngine({ maxIdleKeys: 1 });
    const table = new Table<string, readonly string[]>(engine, { name: 'lists', equal: Object.is });
    const lengths = new View<string, number>(engine, {
      name: 'lengths',
      id: String,
      derive: (read, key) => read.get(table, key)?.length ?? 0,
    });
    const sum = new View<string, number>(engine, {
      name: 'sum',
      id: String,
      derive: (read, key) =>
        (read.get(table, key) ?? []).reduce((total, each) => total + read.view(lengths, each), 0),
    });
    const shout = new View<string, string>(engine, {
      name: 'shout',
      id: String,
      derive: (read, key) => `${read.view(sum, key.slice(0, 1))}!`,
    });
    const left = (): readonly number[] => [shout, sum, lengths].map((view) => view.stats().keys);
    return { engine, table, sum, shout, left };
  }

  test('of its own room, when somebody comes back to it', () => {
    const { engine, table, sum, left } = sums();
    table.apply('n', ['a', 'b', 'c']);
    sum.subscribe('n', () => {}).close();
    table.apply('n', ['d']);
    const [first, second] = [watch(sum, 'n'), watch(sum, 'n')];
    table.apply('d', ['x', 'y']);
    engine.flush();
    expect([first.told, second.told]).toEqual([[2], [2]]);
    expect(left()).toEqual([0, 1, 2]);
  });

  test('for want of the one that held it, when another comes to it', () => {
    const { engine, table, shout, left } = sums();
    table.apply('n', ['a', 'b', 'c']);
    shout.subscribe('n1', () => {}).close();
    table.apply('n', ['d']);
    const { told } = watch(shout, 'n2');
    table.apply('d', ['x', 'y']);
    engine.flush();
    expect(told).toEqual(['2!']);
    expect(left()).toEqual([1, 1, 2]);
  });
});
