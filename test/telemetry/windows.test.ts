import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Windows } from '../../src/telemetry/windows.js';

const startMs = 1_700_000_000_000;
const turnMs = 5_000;

function growth(...numbers: number[]): Float64Array {
  return Float64Array.from(numbers);
}

/** The first number of every subject, summed up over a window. */
function sums(windows: Windows, windowMs: number): Record<number, number> {
  const found: Record<number, number> = {};
  windows.each(windows.cover(windowMs), ({ subject, growth: grown }) => {
    found[subject] = (found[subject] ?? 0) + (grown[0] ?? 0);
  });
  return found;
}

test('a window holds what grew in it, to the edge of a frame', () => {
  let nowMs = startMs;
  const windows = new Windows({ nowMs: () => nowMs });
  for (let turn = 1; turn <= 12; turn++) {
    nowMs += turnMs;
    windows.turn([[7, growth(turn)]]);
  }
  expect(sums(windows, 10_000)).toEqual({ 7: 11 + 12 });
  expect(sums(windows, 60_000)).toEqual({ 7: 78 });
  expect(windows.cover(12_000)).toEqual({ fromMs: nowMs - 10_000, toMs: nowMs });
});

test('an hour is remembered exactly, in frames that get longer, and then forgotten', () => {
  let nowMs = startMs;
  const windows = new Windows({ nowMs: () => nowMs });
  const perTurn: number[] = [];
  for (let turn = 1; turn <= 3 * 720; turn++) {
    nowMs += turnMs;
    perTurn.push(turn % 7);
    windows.turn([
      [1, growth(turn % 7)],
      [turn % 50, growth(1)],
    ]);
    if (turn % 97 !== 0) continue;
    for (const windowMs of [10_000, 60_000, 600_000, 3_600_000]) {
      const { fromMs } = windows.cover(windowMs);
      const turns = Math.round((nowMs - fromMs) / turnMs);
      const expected = perTurn.slice(-turns).reduce((sum, each) => sum + each, 0);
      const fromOther = perTurn
        .slice(-turns)
        .filter((_each, index) => (turn - Math.min(turns, turn) + index + 1) % 50 === 1).length;
      expect(sums(windows, windowMs)[1]).toBe(expected + fromOther);
    }
  }
  // 720 turns in an hour would take ten times as much.
  expect(windows.byteLength).toBeLessThan(20_000);
  expect(nowMs - windows.cover(3_600_000).fromMs).toBeGreaterThan(3_500_000);
});

test('what grew before it was told of counts where a window reaches back to it', () => {
  let nowMs = startMs;
  const windows = new Windows({ nowMs: () => nowMs });
  windows.addLate(1, growth(100), nowMs - 120_000);
  windows.addLate(2, growth(5), nowMs - 5_000_000);
  nowMs += turnMs;
  windows.turn([[1, growth(3)]]);
  expect(sums(windows, 60_000)).toEqual({ 1: 3 });
  expect(sums(windows, 600_000)).toEqual({ 1: 103 });
  expect(sums(windows, 3_600_000)).toEqual({ 1: 103 });
});

test('counts are kept where memory is short, for as long as there is any', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 300 }), (numbers) => {
      let nowMs = startMs;
      const windows = new Windows({ nowMs: () => nowMs, maxBytes: 600 });
      for (const number of numbers) {
        nowMs += turnMs;
        windows.turn([[1, growth(number)]]);
      }
      const whole = numbers.reduce((sum, number) => sum + number, 0);
      expect(sums(windows, 3_600_000)[1] ?? 0).toBe(whole);
    }),
    { numRuns: 50 },
  );
});
