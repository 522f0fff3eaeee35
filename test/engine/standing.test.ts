import { expect, test } from 'vitest';
import { Table } from '../../src/engine/table.js';
import { View } from '../../src/engine/view.js';
import { testEngine } from '../kit/engine.js';

interface Listing {
  readonly names: readonly string[];
  readonly texts: readonly string[];
}

/** A list of names, and a view of their texts that passes over what stands. It says the same as another by its texts alone. */
function listing(options: Parameters<typeof testEngine>[0] = {}) {
  const { engine } = testEngine(options);
  const lists = new Table<string, readonly string[]>(engine, { name: 'lists', equal: Object.is });
  const texts = new Table<string, string>(engine, { name: 'texts', equal: Object.is });
  const text = new View<string, string>(engine, {
    name: 'text',
    id: String,
    derive: (read, name) => read.get(texts, name) ?? '',
  });
  /** What the last derivation passed over: from where, and how much. */
  let stood: (readonly [from: number, count: number])[] = [];
  let isFailing = false;
  const all = new View<string, Listing>(engine, {
    name: 'all',
    id: String,
    equal: (a, b) => a.texts.filter(Boolean).join() === b.texts.filter(Boolean).join(),
    derive(read, key, before) {
      stood = [];
      const names = read.get(lists, key) ?? [];
      expect(read.count).toBe(1);
      if (isFailing) throw new Error('on purpose');
      const found: string[] = [];
      while (found.length < names.length) {
        const from = found.length;
        const isSame = before?.names.join() === names.join();
        const count = isSame ? read.standing(1 + from, names.length - from) : 0;
        if (count > 0) {
          stood.push([from, count]);
          found.push(...(before?.texts.slice(from, from + count) ?? []));
        } else {
          found.push(read.view(text, names[from] ?? ''));
        }
      }
      return { names, texts: found };
    },
  });
  for (const name of ['a', 'b', 'c', 'd']) texts.apply(name, name);
  const apply = (...names: readonly string[]): void => lists.apply('list', names);
  apply('a', 'b', 'c', 'd');
  const subscription = all.subscribe('list', () => undefined);
  return {
    texts,
    apply,
    /** The texts by now, and what was passed over on the way to them. */
    now: () => {
      stood = [];
      engine.flush();
      return { texts: subscription.latest.value.texts, stood };
    },
    fail: (is: boolean) => {
      isFailing = is;
    },
  };
}

test('what no read has touched is passed over, up to what one has', () => {
  const { texts, now } = listing();
  expect(now()).toEqual({ texts: ['a', 'b', 'c', 'd'], stood: [] });
  texts.apply('c', 'C');
  expect(now()).toEqual({
    texts: ['a', 'b', 'C', 'd'],
    stood: [
      [0, 2],
      [3, 1],
    ],
  });
  texts.apply('a', 'A');
  texts.apply('d', 'D');
  expect(now()).toEqual({ texts: ['A', 'b', 'C', 'D'], stood: [[1, 2]] });
});

test('all of it stands where only something else was touched', () => {
  const { apply, now } = listing();
  apply('a', 'b', 'c', 'd');
  expect(now()).toEqual({ texts: ['a', 'b', 'c', 'd'], stood: [[0, 4]] });
});

test('nothing stands after other reads than the last time', () => {
  const { apply, now } = listing();
  apply('b', 'a', 'c', 'd');
  expect(now()).toEqual({ texts: ['b', 'a', 'c', 'd'], stood: [] });
});

test('nothing stands where the last value was not kept, for its reads are others', () => {
  const { texts, apply, now } = listing();
  texts.delete('d');
  expect(now().texts).toEqual(['a', 'b', 'c', '']);
  // It says the same, so the former value is kept; `d` isn't read any more.
  apply('a', 'b', 'c');
  expect(now().texts).toEqual(['a', 'b', 'c', '']);
  texts.apply('d', 'D');
  apply('a', 'b', 'c', 'd');
  expect(now()).toEqual({ texts: ['a', 'b', 'c', 'D'], stood: [] });
});

test('nothing stands after a derivation that failed', () => {
  const { texts, apply, now, fail } = listing({ onError: () => undefined });
  fail(true);
  apply('a', 'b', 'c', 'd');
  now();
  fail(false);
  texts.apply('b', 'B');
  apply('a', 'b', 'c', 'd');
  expect(now()).toEqual({ texts: ['a', 'B', 'c', 'd'], stood: [] });
});

test('nothing stands where too much may have changed to tell', () => {
  const { apply, now, texts } = listing();
  for (let change = 0; change < 20; change++) apply('a', 'b', 'c', 'd');
  texts.apply('b', 'B');
  expect(now()).toEqual({ texts: ['a', 'B', 'c', 'd'], stood: [] });
});
