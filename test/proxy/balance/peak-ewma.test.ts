import { expect, test } from 'vitest';
import { PeakEwma } from '../../../src/proxy/balance/peak-ewma.js';

const decayMs = 10_000;

function created(initialMs = 30): PeakEwma {
  return new PeakEwma({ initialMs, decayMs, nowMs: 0 });
}

test('starts with what is assumed', () => {
  expect(created().estimateMs(0)).toBe(30);
});

test('jumps up to a peak at once', () => {
  const ewma = created();
  ewma.observe(500, 0);
  expect(ewma.estimateMs(0)).toBe(500);
});

test('comes down slowly: by time, not by the number of measurements', () => {
  const ewma = created(1_000);
  for (let index = 0; index < 100; index++) ewma.observe(10, 0);
  expect(ewma.estimateMs(0)).toBe(1_000);
  for (let ms = 100; ms <= decayMs; ms += 100) ewma.observe(10, ms);
  // After one time constant, 1/e of the distance is left.
  expect(ewma.estimateMs(decayMs)).toBeCloseTo(10 + 990 / Math.E, 0);
});

test('forgets without measurements', () => {
  const ewma = created(1_000);
  expect(ewma.estimateMs(decayMs)).toBeCloseTo(1_000 / Math.E, 6);
  expect(ewma.estimateMs(10 * decayMs)).toBeLessThan(0.1);
});

test('a clock that stands still or goes back does no harm', () => {
  const ewma = new PeakEwma({ initialMs: 30, decayMs, nowMs: 1_000 });
  ewma.observe(20, 500);
  expect(ewma.estimateMs(400)).toBe(30);
});
