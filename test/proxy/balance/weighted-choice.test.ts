import { expect, test } from 'vitest';
import { WeightedChoice } from '../../../src/proxy/balance/weighted-choice.js';

function shares(weights: Record<string, number>): Record<string, number> {
  const choice = new WeightedChoice(Object.entries(weights), ([, weight]) => weight);
  const counts: Record<string, number> = {};
  for (let step = 0; step < 1_000; step++) {
    const [name = ''] = choice.pick(step / 1_000) ?? [];
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test('picks in exact proportion to weights', () => {
  expect(shares({ a: 7, b: 2, c: 1 })).toEqual({ a: 700, b: 200, c: 100 });
});

test('picks evenly among equals', () => {
  expect(shares({ a: 10_000, b: 10_000, c: 10_000, d: 10_000 })).toEqual({ a: 250, b: 250, c: 250, d: 250 });
});

test('has nothing to pick from nothing', () => {
  expect(new WeightedChoice<string>([], () => 1).pick(0.5)).toBeUndefined();
});
