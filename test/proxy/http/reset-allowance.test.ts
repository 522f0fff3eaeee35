import { expect, test } from 'vitest';
import { ResetAllowance } from '../../../src/proxy/http/reset-allowance.js';

test('is spent and comes back, up to where it began', () => {
  const allowance = new ResetAllowance({ burst: 100, perSecond: 10, nowMs: 0 });
  for (let reset = 0; reset < 60; reset++) allowance.spend(0);
  expect(allowance.left(0)).toBe(40);
  expect(allowance.left(1_000)).toBe(50);
  expect(allowance.left(500)).toBe(50);
  expect(allowance.left(1_000_000)).toBe(100);
});
