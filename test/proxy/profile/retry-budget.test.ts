import { expect, test } from 'vitest';
import { RetryBudget } from '../../../src/proxy/profile/retry-budget.js';

/** How many retries it gives now. */
function drain(budget: RetryBudget, nowMs: number): number {
  let taken = 0;
  while (budget.withdraw(nowMs)) taken += 1;
  return taken;
}

test('allows its share of ordinary requests', () => {
  const budget = new RetryBudget({ retryRatio: 0.2, minRetriesPerSecond: 0, ttlMs: 10_000 });
  for (let request = 0; request < 100; request++) budget.deposit(0);
  expect(drain(budget, 0)).toBe(20);
});

test('allows a minimum whatever the ratio says', () => {
  expect(drain(new RetryBudget({ retryRatio: 0, minRetriesPerSecond: 10, ttlMs: 5_000 }), 0)).toBe(50);
});

test('forgets requests and retries after their time', () => {
  const budget = new RetryBudget({ retryRatio: 0.1, minRetriesPerSecond: 1, ttlMs: 10_000 });
  for (let request = 0; request < 100; request++) budget.deposit(0);
  expect(drain(budget, 500)).toBe(20);
  expect(drain(budget, 9_000)).toBe(0);
  expect(drain(budget, 10_000)).toBe(10);
  expect(drain(budget, 1_000_000)).toBe(10);
});

test('allows more than one retry a request where the ratio says so', () => {
  const budget = new RetryBudget({ retryRatio: 2.5, minRetriesPerSecond: 0, ttlMs: 1_000 });
  budget.deposit(0);
  expect(drain(budget, 0)).toBe(2);
});

test('a clock that goes back does no harm', () => {
  const budget = new RetryBudget({ retryRatio: 1, minRetriesPerSecond: 0, ttlMs: 1_000 });
  budget.deposit(5_000);
  expect([budget.withdraw(1_000), budget.withdraw(1_000)]).toEqual([true, false]);
});
