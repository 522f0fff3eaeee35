import { describe, expect, test } from 'vitest';
import { type Candidate, pickOfTwo } from '../../../src/proxy/balance/power-of-two.js';
import { WeightedChoice } from '../../../src/proxy/balance/weighted-choice.js';
import { seededRandom } from './seeded-random.js';

interface Thing extends Candidate {
  readonly name: string;
}

function thing(name: string, cost: number, isAvailable = true): Thing {
  return { name, cost: () => cost, isAvailable: () => isAvailable };
}

function counts(
  things: readonly Thing[],
  { weights, avoid }: { weights?: readonly number[]; avoid?: ReadonlySet<Thing> } = {},
): Record<string, number> {
  const choice = new WeightedChoice(things, (it) => weights?.[things.indexOf(it)] ?? 1);
  const random = seededRandom(1);
  const result: Record<string, number> = {};
  for (let round = 0; round < 10_000; round++) {
    const name = pickOfTwo(choice, { nowMs: 0, random, ...(avoid && { avoid }) })?.name ?? 'none';
    result[name] = (result[name] ?? 0) + 1;
  }
  return result;
}

test('of two, always the cheaper', () => {
  expect(counts([thing('slow', 2), thing('fast', 1)])).toEqual({ fast: 10_000 });
});

test('of three, never the dearest, and the cheapest most', () => {
  const result = counts([thing('a', 1), thing('b', 2), thing('c', 3)]);
  expect(Object.keys(result).sort()).toEqual(['a', 'b']);
  expect(result['a']! / 10_000).toBeCloseTo(2 / 3, 1);
});

test('one is picked, none is not', () => {
  expect(counts([thing('only', 5)])).toEqual({ only: 10_000 });
  expect(counts([])).toEqual({ none: 10_000 });
});

describe('with weights and equal cost', () => {
  test('two get their shares', () => {
    const result = counts([thing('a', 1), thing('b', 1)], { weights: [3, 1] });
    // Where the two drawn differ and cost the same, the first of them is taken.
    expect(result['a']! / 10_000).toBeCloseTo(0.75, 1);
  });

  test('many get theirs', () => {
    const result = counts([thing('a', 1), thing('b', 1), thing('c', 1)], { weights: [6, 3, 1] });
    expect(result['a']! / 10_000).toBeCloseTo(0.6, 1);
    expect(result['c']! / 10_000).toBeCloseTo(0.1, 1);
  });
});

describe('what should not be picked', () => {
  test('is passed over while there is anything else, in sets of any size', () => {
    const things = [thing('away', 0, false), thing('tried', 0), thing('good', 9)];
    expect(counts(things, { avoid: new Set(things.slice(1, 2)) })).toEqual({ good: 10_000 });
    const many = Array.from({ length: 50 }, (_, index) => thing(`away ${index}`, 0, false));
    expect(counts([...many, thing('good', 9)])).toEqual({ good: 10_000 });
  });

  test('is picked where there is nothing else: rather one that is away than one that failed already', () => {
    const away = thing('away', 5, false);
    const tried = thing('tried', 1);
    expect(counts([away, tried], { avoid: new Set([tried]) })).toEqual({ away: 10_000 });
    expect(counts([tried], { avoid: new Set([tried]) })).toEqual({ tried: 10_000 });
    expect(counts([thing('a', 2, false), thing('b', 1, false)])).toEqual({ b: 10_000 });
  });
});
