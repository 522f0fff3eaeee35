import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { Table } from '../../src/engine/table.js';
import { View } from '../../src/engine/view.js';
import { testEngine } from '../kit/engine.js';
import { numbers, watch } from './numbers.js';

describe('publication', () => {
  test('a subscriber has the value at once and hears of changes only', () => {
    const { engine } = testEngine();
    const { table, parity } = numbers(engine);
    const { told, subscription } = watch(parity, 'n');
    expect(subscription.latest.value).toBe('none');

    table.apply('n', 2);
    engine.flush();
    table.apply('n', 4);
    table.apply('other', 1);
    engine.flush();
    table.delete('n');
    engine.flush();

    expect(told).toEqual(['even', 'none']);
  });

  test('a change that is undone before publication is not told', () => {
    const { engine } = testEngine();
    const { table, parity } = numbers(engine);
    const { told } = watch(parity, 'n');
    table.apply('n', 1);
    table.delete('n');
    engine.flush();
    expect(told).toEqual([]);
  });

  test('versions grow with every publication', () => {
    const { engine } = testEngine();
    const { table, parity } = numbers(engine);
    const versions: number[] = [];
    const subscription = parity.subscribe('n', () => versions.push(subscription.latest.version));
    versions.push(subscription.latest.version);
    for (const value of [1, 2, 3]) {
      table.apply('n', value);
      engine.flush();
    }
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(versions).toHaveLength(4);
  });

  test('an unchanged intermediate value cuts the change off', () => {
    const { engine } = testEngine();
    const { table, parity } = numbers(engine);
    const shout = new View<string, string>(engine, {
      name: 'shout',
      id: String,
      derive: (read, key) => read.view(parity, key).toUpperCase(),
    });
    watch(shout, 'n');
    table.apply('n', 2);
    engine.flush();
    const before = shout.stats().computations;
    table.apply('n', 4);
    engine.flush();
    expect(shout.stats().computations).toBe(before);
    expect(parity.stats().computations).toBe(3);
  });

  test('a closed subscription hears nothing, also when it was due', () => {
    const { engine } = testEngine();
    const { table, parity } = numbers(engine);
    const first = watch(parity, 'n');
    const second = watch(parity, 'n');
    table.apply('n', 1);
    first.subscription.close();
    first.subscription.close();
    engine.flush();
    expect([first.told, second.told]).toEqual([[], ['odd']]);
    expect(parity.stats().subscribers).toBe(1);
  });
});

describe('batching', () => {
  test('the first change after a quiet time goes out in its own turn, a burst behind it together', () => {
    const { engine, scheduler } = testEngine({ minPublishIntervalMs: 10 });
    const { table, parity } = numbers(engine);
    const { told } = watch(parity, 'n');
    scheduler.advance(100);

    table.apply('n', 1);
    expect(told).toEqual([]);
    scheduler.advance(0);
    expect(told).toEqual(['odd']);

    for (const value of [2, 3, 4]) {
      table.apply('n', value);
      scheduler.advance(3);
    }
    expect(told).toEqual(['odd']);
    scheduler.advance(1);
    expect(told).toEqual(['odd', 'even']);
  });

  test('long work is spread over turns and loses nothing', () => {
    const { engine, scheduler } = testEngine({ maxTurnMs: -1 });
    const { table, parity } = numbers(engine);
    const watchers = ['a', 'b', 'c'].map((key) => watch(parity, key));
    for (const key of ['a', 'b', 'c']) table.apply(key, 1);
    scheduler.advance(100);
    expect(watchers.map(({ told }) => told)).toEqual([['odd'], ['odd'], ['odd']]);
  });
});

describe('a publication that overtakes the telling of the one before', () => {
  test('tells everybody of the latest, and nobody more often than there were publications', () => {
    const { engine, scheduler } = testEngine({ maxTurnMs: -1, minPublishIntervalMs: 0 });
    const { table, parity } = numbers(engine);
    const watchers = Array.from({ length: 100 }, () => watch(parity, 'n'));
    const values = [1, 2, 3, 4, 5];
    for (const value of values) {
      table.apply('n', value);
      scheduler.turn();
    }
    expect(watchers.some(({ told }) => told.length === 0)).toBe(true);
    scheduler.advance(1_000);
    expect(watchers.map(({ subscription }) => subscription.latest.value)).toEqual(watchers.map(() => 'odd'));
    expect(watchers.map(({ told }) => told.at(-1))).toEqual(watchers.map(() => 'odd'));
    expect(Math.max(...watchers.map(({ told }) => told.length))).toBeLessThanOrEqual(values.length + 1);
    expect(scheduler.pending).toBe(0);
  });

  test('leaves out who has gone meanwhile', () => {
    const { engine, scheduler } = testEngine({ maxTurnMs: -1 });
    const { table, parity } = numbers(engine);
    const watchers = Array.from({ length: 40 }, () => watch(parity, 'n'));
    table.apply('n', 1);
    scheduler.turn();
    expect(watchers.filter(({ told }) => told.length === 0)).toHaveLength(24);
    for (const { told, subscription } of watchers) if (told.length === 0) subscription.close();
    const toldBefore = watchers.map(({ told }) => told.length);
    scheduler.advance(1_000);
    expect(watchers.map(({ told }) => told.length)).toEqual(toldBefore);
  });
});

describe('demand', () => {
  test('what nobody subscribes to is not computed', () => {
    const { engine } = testEngine();
    const { table, parity } = numbers(engine);
    for (let n = 0; n < 1_000; n++) table.apply(`n${n}`, n);
    engine.flush();
    expect(parity.stats()).toEqual({ keys: 0, subscribers: 0, computations: 0, publications: 0 });
  });

  test('a key in its time of grace is not recomputed until somebody asks', () => {
    const { engine } = testEngine();
    const { table, parity } = numbers(engine);
    expect(parity.read('n')).toBe('none');
    for (const value of [1, 2, 3]) {
      table.apply('n', value);
      engine.flush();
    }
    expect(parity.stats().computations).toBe(1);
    expect(parity.read('n')).toBe('odd');
  });
});

describe('containment', () => {
  test('a derivation that throws keeps its last value, is reported, and recovers with its input', () => {
    const reports: unknown[] = [];
    const { engine } = testEngine({ onError: (error, where) => reports.push([String(error), where]) });
    const { table } = numbers(engine);
    const fragile = new View<string, number>(engine, {
      name: 'fragile',
      id: String,
      derive: (read, key) => {
        const value = read.get(table, key) ?? 0;
        if (value < 0) throw new RangeError('negative');
        return value;
      },
    });
    const bad = watch(fragile, 'bad');
    const good = watch(fragile, 'good');
    table.apply('bad', -1);
    table.apply('good', 1);
    engine.flush();
    expect([bad.subscription.latest.value, good.told]).toEqual([0, [1]]);
    expect(reports).toEqual([['RangeError: negative', { view: 'fragile', key: 'bad' }]]);

    table.apply('bad', 2);
    engine.flush();
    expect(bad.told).toEqual([2]);
  });

  test('a derivation that throws at its first run throws to the one who asked and leaves nothing', () => {
    const { engine } = testEngine();
    const { table } = numbers(engine);
    const broken = new View<string, number>(engine, {
      name: 'broken',
      id: String,
      derive: (read, key) => {
        read.get(table, key);
        throw new RangeError('always');
      },
    });
    expect(() => broken.subscribe('n', () => undefined)).toThrow('always');
    expect([broken.stats().keys, broken.stats().subscribers, table.observed]).toEqual([0, 0, 0]);
  });

  test('a listener that throws is reported and harms no other', () => {
    const reports: string[] = [];
    const { engine } = testEngine({ onError: (error) => reports.push(String(error)) });
    const { table, parity } = numbers(engine);
    parity.subscribe('n', () => {
      throw new Error('listener');
    });
    const { told } = watch(parity, 'n');
    table.apply('n', 1);
    engine.flush();
    expect([told, reports]).toEqual([['odd'], ['Error: listener']]);
  });

  test('views that read each other in a circle are refused', () => {
    const { engine } = testEngine();
    const circle: View<string, string> = new View<string, string>(engine, {
      name: 'circle',
      id: String,
      derive: (read, key) => read.view(circle, key),
    });
    expect(() => circle.read('n')).toThrow('view circle depends on itself at n');
  });
});

describe('a derivation that is run again', () => {
  /** A sum of the numbers that a list names, and of the parities that are told of them. */
  function sums(engine: Engine) {
    const { table, parity } = numbers(engine);
    const lists = new Table<string, readonly string[]>(engine, { name: 'lists', equal: Object.is });
    const ran: (readonly string[] | undefined)[] = [];
    const view = new View<{ readonly list: string }, readonly string[]>(engine, {
      name: 'told',
      id: ({ list }) => list,
      sameKey: (a, b) => a.list === b.list,
      derive: (read, { list }, before) => {
        ran.push(before);
        return (read.get(lists, list) ?? []).map((each) => `${each} ${read.view(parity, each)}`);
      },
    });
    return { table, lists, parity, view, ran };
  }

  test('is given what it came to before', () => {
    const { engine } = testEngine();
    const { table, lists, view, ran } = sums(engine);
    lists.apply('l', ['a']);
    const { latest } = view.subscribe({ list: 'l' }, () => {});
    table.apply('a', 1);
    engine.flush();
    expect(ran).toEqual([undefined, ['a none']]);
    expect(ran[1]).toBe(latest.value);
  });

  test.each<{ name: string; reads: readonly (readonly string[])[] }>([
    {
      name: 'the same',
      reads: [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ],
    },
    {
      name: 'the same, one of them twice in a row',
      reads: [
        ['a', 'a', 'b'],
        ['a', 'a', 'b'],
      ],
    },
    {
      name: 'the same, one of them again at the end',
      reads: [
        ['a', 'b', 'a'],
        ['a', 'b', 'a'],
      ],
    },
    { name: 'fewer', reads: [['a', 'b', 'c'], ['a']] },
    { name: 'none', reads: [['a', 'b', 'c'], []] },
    { name: 'more', reads: [['a'], ['a', 'b', 'c']] },
    {
      name: 'others',
      reads: [
        ['a', 'b', 'c'],
        ['a', 'd', 'c'],
      ],
    },
    {
      name: 'another order',
      reads: [
        ['a', 'b', 'c'],
        ['c', 'a', 'b'],
      ],
    },
    { name: 'more, fewer and others in turn', reads: [['a', 'b'], ['b', 'c', 'd'], ['d'], ['a', 'd', 'b']] },
  ])('depends on what it reads now and on nothing else: $name', ({ reads }) => {
    const { engine, scheduler } = testEngine({ graceMs: 100 });
    const { table, lists, parity, view } = sums(engine);
    const subscription = view.subscribe({ list: 'l' }, () => {});
    let value = 0;
    for (const list of reads) {
      lists.apply('l', [...list]);
      for (const changed of ['a', 'b', 'c', 'd']) {
        table.apply(changed, ++value);
        engine.flush();
        const expected = list.map((each) => {
          const number = table.get(each);
          return `${each} ${number === undefined ? 'none' : number % 2 === 0 ? 'even' : 'odd'}`;
        });
        expect(subscription.latest.value).toEqual(expected);
      }
      scheduler.advance(1_000);
      expect(parity.stats().keys).toBe(new Set(list).size);
    }
    subscription.close();
    scheduler.advance(1_000);
    expect([table.observed, lists.observed, parity.stats().keys]).toEqual([0, 0, 0]);
  });

  test('keeps what it read before it threw', () => {
    const errors: unknown[] = [];
    const { engine } = testEngine({ onError: (error) => errors.push(error) });
    const { table, parity } = numbers(engine);
    const view = new View<string, string>(engine, {
      name: 'picky',
      id: String,
      derive: (read, key) => {
        const [first, second] = [read.view(parity, `${key}1`), read.view(parity, `${key}2`)];
        if (first === 'odd') throw new Error('odd');
        return `${first} ${second} ${read.view(parity, `${key}3`)}`;
      },
    });
    const { told } = watch(view, 'n');
    table.apply('n1', 1);
    engine.flush();
    expect(errors).toHaveLength(1);
    table.apply('n3', 2);
    table.apply('n1', 2);
    engine.flush();
    expect(told).toEqual(['even none even']);
  });
});
