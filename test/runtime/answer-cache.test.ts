import { expect, test } from 'vitest';
import { AnswerCache } from '../../src/runtime/answer-cache.js';

function cacheOf(options: { readonly maxEntries?: number } = {}) {
  let nowMs = 0;
  let asked = 0;
  const cache = new AnswerCache<number>({
    keepMs: (answer) => (answer < 0 ? 0 : 100),
    maxEntries: options.maxEntries ?? 10,
    nowMs: () => nowMs,
  });
  const ask = (key: string, answer = 1): Promise<number> =>
    cache.get(key, async () => {
      asked += 1;
      return answer;
    });
  return { cache, ask, asked: () => asked, pass: (ms: number) => void (nowMs += ms) };
}

test('an answer is kept for its time, and asked for anew then', async () => {
  const { ask, asked, pass } = cacheOf();
  await ask('a');
  pass(99);
  expect(await ask('a', 2)).toBe(1);
  expect(asked()).toBe(1);
  pass(1);
  expect(await ask('a', 2)).toBe(2);
  expect(asked()).toBe(2);
});

test('who asks at the same time shares the answer, also one that is not kept', async () => {
  const { ask, asked, cache } = cacheOf();
  expect(await Promise.all([ask('a', -1), ask('a', -2), ask('b', 5)])).toEqual([-1, -1, 5]);
  expect(asked()).toBe(2);
  expect(cache.size).toBe(1);
});

test('a failure is told to all who asked, and not kept', async () => {
  const { cache, ask } = cacheOf();
  const failing = cache.get('a', () => Promise.reject(new Error('no')));
  await expect(Promise.all([failing, ask('a')])).rejects.toThrow('no');
  expect(cache.size).toBe(0);
  expect(await ask('a')).toBe(1);
});

test('of too many, the first to be asked go', async () => {
  const { ask, asked, cache } = cacheOf({ maxEntries: 2 });
  await ask('a');
  await ask('b');
  await ask('c');
  expect(cache.size).toBe(2);
  await ask('c');
  expect(asked()).toBe(3);
  await ask('a');
  expect(asked()).toBe(4);
});
