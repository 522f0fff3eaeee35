import { expect, test } from 'vitest';
import { TurnBudget } from '../../src/kube/turn-budget.js';

/** How many turns of the event loop pass while `work` runs. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  let running = true;
  const count = (): void => {
    if (!running) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  await work();
  running = false;
  return turns;
}

test('others have a turn each time the budget is spent, and not before', async () => {
  let nowMs = 0;
  const budget = new TurnBudget({ budgetMs: 10, nowMs: () => nowMs });
  const cheap = await turnsDuring(async () => {
    for (let each = 0; each < 20; each += 1) {
      budget.start();
      await budget.stop();
    }
  });
  expect(cheap).toBe(0);
  const dear = await turnsDuring(async () => {
    for (let each = 0; each < 6; each += 1) {
      budget.start();
      nowMs += 6;
      await budget.stop();
    }
  });
  expect(dear).toBe(3);
});
