import { describe, expect, test } from 'vitest';
import type { ToldEndpoint } from '../../../src/client/told-endpoint.js';
import { Balancer } from '../../../src/proxy/balance/balancer.js';
import type { Endpoint } from '../../../src/proxy/balance/endpoint.js';
import { seededRandom } from './seeded-random.js';

function told(ip: string, more: Partial<ToldEndpoint> = {}): ToldEndpoint {
  return {
    ip,
    port: 80,
    weight: 10_000,
    labels: new Map(),
    identity: undefined,
    protocol: undefined,
    transportPort: undefined,
    authorityOverride: undefined,
    resource: undefined,
    ...more,
  };
}

/** A balancer under a clock that is moved by hand, over endpoints that tell when they are closed. */
function lab() {
  const clock = { nowMs: 0 };
  const closed: string[] = [];
  const created: string[] = [];
  const balancer = new Balancer({
    authority: 'web',
    nowMs: () => clock.nowMs,
    random: seededRandom(7),
    connect: (target) => {
      const { ip } = target();
      created.push(ip);
      const unused = () => {
        throw new Error('nothing is sent here');
      };
      return {
        http1: { send: unused, drain: () => closed.push(ip) },
        http2: { send: unused, drain() {} },
        dial: unused,
      };
    },
  });
  return { balancer, clock, closed, created };
}

/** Lets requests come at a steady rate for a while; each endpoint answers after its own time. Counts by address. */
function simulate(
  { balancer, clock }: ReturnType<typeof lab>,
  { answerMs, perSecond, seconds }: { answerMs: (ip: string) => number; perSecond: number; seconds: number },
): Record<string, number> {
  const counts: Record<string, number> = {};
  let running: { endMs: number; startMs: number; endpoint: Endpoint; release: () => void }[] = [];
  const settle = (untilMs: number): void => {
    for (const it of running.toSorted((a, b) => a.endMs - b.endMs)) {
      if (it.endMs > untilMs) continue;
      clock.nowMs = it.endMs;
      it.endpoint.answered(it.endMs - it.startMs, it.endMs);
      it.release();
    }
    running = running.filter((it) => it.endMs > untilMs);
  };
  const start = clock.nowMs;
  for (let index = 0; index < perSecond * seconds; index++) {
    const atMs = start + (index * 1_000) / perSecond;
    settle(atMs);
    clock.nowMs = atMs;
    const endpoint = balancer.pick()!;
    const { ip } = endpoint.target;
    counts[ip] = (counts[ip] ?? 0) + 1;
    running.push({ startMs: atMs, endMs: atMs + answerMs(ip), endpoint, release: endpoint.begin() });
  }
  settle(Number.POSITIVE_INFINITY);
  return counts;
}

describe('over time', () => {
  test('equal endpoints get equal shares under load', () => {
    const it = lab();
    it.balancer.update(['a', 'b', 'c', 'd'].map((ip) => told(ip)));
    const counts = simulate(it, { answerMs: () => 20, perSecond: 1_000, seconds: 10 });
    for (const count of Object.values(counts)) expect(count / 10_000).toBeCloseTo(0.25, 1);
  });

  test('a slow endpoint gets much less, and not nothing', () => {
    const it = lab();
    it.balancer.update(['a', 'b', 'slow'].map((ip) => told(ip)));
    const counts = simulate(it, {
      answerMs: (ip) => (ip === 'slow' ? 500 : 10),
      perSecond: 500,
      seconds: 60,
    });
    expect(counts['slow']! / 30_000).toBeLessThan(0.05);
    expect(counts['slow']).toBeGreaterThan(0);
  });

  test('one that has recovered gets its share again', () => {
    const it = lab();
    it.balancer.update(['a', 'b'].map((ip) => told(ip)));
    simulate(it, { answerMs: (ip) => (ip === 'a' ? 1_000 : 10), perSecond: 100, seconds: 20 });
    simulate(it, { answerMs: () => 10, perSecond: 100, seconds: 60 });
    const counts = simulate(it, { answerMs: () => 10, perSecond: 1_000, seconds: 10 });
    expect(counts['a']! / 10_000).toBeGreaterThan(0.3);
  });

  test('weights hold under load', () => {
    const it = lab();
    it.balancer.update([told('a', { weight: 3_000 }), told('b', { weight: 1_000 })]);
    const counts = simulate(it, { answerMs: () => 50, perSecond: 1_000, seconds: 20 });
    expect(counts['a']! / 20_000).toBeCloseTo(0.75, 1);
  });

  test('a new endpoint is neither flooded nor shunned', () => {
    const it = lab();
    it.balancer.update(['a', 'b', 'c'].map((ip) => told(ip)));
    simulate(it, { answerMs: () => 5, perSecond: 400, seconds: 30 });
    it.balancer.update(['a', 'b', 'c', 'new'].map((ip) => told(ip)));
    const counts = simulate(it, { answerMs: () => 5, perSecond: 400, seconds: 2 });
    expect(counts['new']! / 800).toBeGreaterThan(0.1);
    expect(counts['new']! / 800).toBeLessThan(0.45);
  });
});

describe('a change of the set', () => {
  test('keeps what stays, and closes what is gone once it has nothing to do', () => {
    const { balancer, closed, created } = lab();
    balancer.update([told('a'), told('b')]);
    const [a, b] = balancer.endpoints;
    const release = b!.begin();
    balancer.update([told('a', { weight: 5 }), told('c')]);
    expect(balancer.endpoints.map((it) => it.target.ip)).toEqual(['a', 'c']);
    expect([balancer.endpoints[0] === a, a?.told.weight]).toEqual([true, 5]);
    expect([created, closed]).toEqual([['a', 'b', 'c'], []]);
    release();
    release();
    expect(closed).toEqual(['b']);
    balancer.update([]);
    expect(closed).toEqual(['b', 'a', 'c']);
    expect(balancer.pick()).toBeUndefined();
  });

  test('wakes those that wait for an endpoint', async () => {
    const { balancer } = lab();
    const waiting = balancer.whenReady(60_000);
    balancer.update([]);
    balancer.update([told('a')]);
    expect(await waiting).toBe(true);
    expect(await balancer.whenReady(0)).toBe(true);
    balancer.update([]);
    expect(await balancer.whenReady(1)).toBe(false);
  });
});

test('an endpoint that can not be reached is left alone, for longer each time', () => {
  const { balancer, clock } = lab();
  balancer.update([told('a'), told('b')]);
  const [a] = balancer.endpoints;
  const awayMs: number[] = [];
  for (let time = 0; time < 10; time++) {
    a!.unreachable(clock.nowMs);
    const from = clock.nowMs;
    expect(balancer.pick()?.target.ip).toBe('b');
    while (!a!.isAvailable(clock.nowMs)) clock.nowMs += 10;
    awayMs.push(clock.nowMs - from);
  }
  expect(awayMs[0]).toBeLessThanOrEqual(210);
  expect(awayMs.at(-1)).toBeGreaterThanOrEqual(5_000);
  expect(Math.max(...awayMs)).toBeLessThanOrEqual(10_010);
  a!.answered(1, clock.nowMs);
  a!.unreachable(clock.nowMs);
  expect(a!.isAvailable(clock.nowMs + 210)).toBe(true);
});
