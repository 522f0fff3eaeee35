import { expect, test } from 'vitest';
import { FairSample, sampleTickMs } from '../../src/tap/fair-sample.js';
import { Random } from '../kit/random.js';

const ticksPerSecond = 1_000 / sampleTickMs;

function randomOf(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

interface Request {
  readonly pod: number;
  readonly position: number;
}

/** Offers what `arrivals` says comes in each tick; those that were taken. */
function run(
  options: { readonly maxRps: number; readonly seed?: number },
  arrivals: Iterable<readonly Request[]>,
): Request[] {
  const sample = new FairSample<Request>({ maxRps: options.maxRps, random: randomOf(options.seed ?? 1) });
  const taken: Request[] = [];
  for (const requests of arrivals) {
    for (const request of requests) {
      if (sample.offer(request).kind === 'taken') taken.push(request);
    }
    taken.push(...sample.endTick());
  }
  return taken;
}

function* ticks(count: number, requests: (tick: number) => readonly Request[]): Iterable<readonly Request[]> {
  for (let tick = 0; tick < count; tick++) yield requests(tick);
}

function burst(pod: number, length: number): Request[] {
  return Array.from({ length }, (_, position) => ({ pod, position }));
}

/** Pearson's statistic of counts that are expected to be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function tally(taken: readonly Request[], by: 'pod' | 'position', size: number): number[] {
  const counts = Array.from({ length: size }, () => 0);
  for (const request of taken) counts[request[by]] = (counts[request[by]] ?? 0) + 1;
  return counts;
}

test('less than the rate is taken whole', () => {
  const arrivals = [...ticks(1_000, (tick) => (tick % ticksPerSecond === 3 ? burst(0, 2) : []))];
  expect(run({ maxRps: 10 }, arrivals)).toHaveLength(100);
});

test('one a second is taken whole where one a second may be', () => {
  expect(
    run(
      { maxRps: 1 },
      ticks(1_000, (tick) => (tick % ticksPerSecond === 7 ? burst(0, 1) : [])),
    ),
  ).toHaveLength(50);
});

test.each([0.5, 1, 5, 20, 100, 330])('of far more, %d a second are taken', (maxRps) => {
  const seconds = 400;
  const taken = run(
    { maxRps },
    ticks(seconds * ticksPerSecond, () => burst(0, 100)),
  );
  expect(taken.length / seconds).toBeGreaterThan(maxRps * 0.9);
  expect(taken.length / seconds).toBeLessThan(maxRps * 1.1);
});

test('no second takes more than the rate and a fifth of it', () => {
  const maxRps = 100;
  const sample = new FairSample<number>({ maxRps, random: randomOf(5) });
  const random = randomOf(6);
  const perTick: number[] = [];
  for (let tick = 0; tick < 4_000; tick++) {
    let taken = 0;
    const come = random() < 0.3 ? 0 : Math.floor(random() ** 3 * 200);
    for (let index = 0; index < come; index++) if (sample.offer(index).kind === 'taken') taken++;
    perTick.push(taken + sample.endTick().length);
  }
  for (let tick = ticksPerSecond; tick <= perTick.length; tick++) {
    const second = perTick.slice(tick - ticksPerSecond, tick).reduce((sum, taken) => sum + taken, 0);
    expect(second).toBeLessThanOrEqual(maxRps * 1.2 + 1);
  }
});

test('where a request stands in a burst makes no difference', () => {
  // A burst of 50 from quiet, every two seconds: the first of it can't be seen coming.
  const length = 50;
  const taken = run(
    { maxRps: 20 },
    ticks(40 * 10_000, (tick) => (tick % 40 === 0 ? burst(0, length) : [])),
  );
  // 49 degrees of freedom: above 85.4 in one case of a thousand.
  expect(chiSquare(tally(taken, 'position', length))).toBeLessThan(85.4);
});

test('which of the pods it comes from makes no difference, busy ones getting what they ask', () => {
  // Pod n sends n + 1 a tick, and they come pod by pod.
  const pods = 8;
  const arrivals = ticks(15_000, () => Array.from({ length: pods }, (_, pod) => burst(pod, pod + 1)).flat());
  const counts = tally(run({ maxRps: 50 }, arrivals), 'pod', pods);
  // 7 degrees of freedom: above 24.3 in one case of a thousand.
  expect(chiSquare(weighted(counts))).toBeLessThan(24.3);
});

/** Counts of pods, each brought to what it would be with the mean number of requests. */
function weighted(counts: readonly number[]): number[] {
  const mean = (counts.length + 1) / 2;
  return counts.map((count, pod) => (count * mean) / (pod + 1));
}

test('what keeps to a beat is not missed', () => {
  // Pod 0 sends at one time of the second, pod 1 at another; one of both can be taken.
  const arrivals = ticks(ticksPerSecond * 4_000, (tick) => {
    if (tick % ticksPerSecond === 0) return burst(0, 10);
    return tick % ticksPerSecond === ticksPerSecond / 2 ? burst(1, 10) : [];
  });
  const [first = 0, second = 0] = tally(run({ maxRps: 1 }, arrivals), 'pod', 2);
  expect(first).toBeGreaterThan(1_000);
  expect(second).toBeGreaterThan(1_000);
});

test('a burst does not hide what follows', () => {
  let shown = 0;
  for (let seed = 0; seed < 300; seed++) {
    const arrivals = ticks(ticksPerSecond, (tick) =>
      tick === 0 ? burst(0, 10_000) : tick === 10 ? burst(1, 1) : [],
    );
    shown += run({ maxRps: 100, seed }, arrivals).filter(({ pod }) => pod === 1).length;
  }
  expect(shown).toBe(300);
});

test('with ample room nobody is held', () => {
  const sample = new FairSample<number>({ maxRps: 100_000, random: randomOf(1) });
  for (let tick = 0; tick < 100; tick++) {
    for (let index = 0; index < 50; index++) expect(sample.offer(index)).toEqual({ kind: 'taken' });
    expect(sample.endTick()).toEqual([]);
  }
});
