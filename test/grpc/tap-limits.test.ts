import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { until } from '../kit/until.js';
import { pod, runTapLab } from './tap-lab.js';

test('a viewer that never reads loses its own events, and others lose nothing', async () => {
  const { registry, target, watch, one } = await runTapLab({ viewerLimits: { maxBytes: 100_000 } });
  const { web, viewer } = await one();
  const slow = watch();
  slow.call.pause();
  await until(() => target.watchers === 2);
  const requests = 5_000;
  // As many at a time as a viewer has room for, lest one who reads loses some before it has its turn.
  const atOnce = 100;
  for (let sent = 0; sent < requests; sent += atOnce) {
    for (let index = 0; index < atOnce; index++) web.exchange({ path: `/${'x'.repeat(100)}` });
    const seen = (sent + atOnce) * 3;
    await until(() => viewer.events.length === seen, { timeoutMs: 10_000 });
  }
  const text = await registry.getSingleMetricAsString('conduit_tap_events_total');
  expect(Number(/overflowed"} (\d+)/.exec(text)?.[1])).toBeGreaterThan(1_000);
  slow.call.resume();
  await until(() => slow.last !== undefined && slow.last.overflowed > 0n && slow.last.pending === 0n);
  const { received, delivered, overflowed } = slow.last ?? {};
  expect(received).toBe(BigInt(requests) * 3n);
  expect((delivered ?? 0n) + (overflowed ?? 0n)).toBe(received);
  expect(BigInt(slow.events.length)).toBe(delivered);
});

test('more viewers than there is room for are refused', async () => {
  const { target, watch, one } = await runTapLab({ limits: { maxViewers: 2 } });
  const { viewer } = await one();
  watch();
  await until(() => target.watchers === 2);
  const third = watch();
  await until(() => third.ended !== undefined);
  expect(third.ended).toEqual({ code: status.RESOURCE_EXHAUSTED, details: '2 taps are watched already' });
  viewer.call.cancel();
  await until(() => target.watchers === 1);
  watch();
  await until(() => target.watchers === 2);
});

test('of more pods than one tap takes, it is said how many are left out', async () => {
  const { upstreams, target, proxy, one } = await runTapLab({ limits: { maxPods: 1 } });
  const { web, viewer } = await one();
  target.become({ pods: [pod('shop/web-1', web), pod('shop/web-2', await proxy())] });
  await until(() => viewer.notices.some(({ text }) => text === 'of 2 pods, 1 are tapped: no tap takes more'));
  expect(upstreams.size).toBe(1);
});

test('a flood costs a share, is said, and the other pods are seen', async () => {
  const { target, proxy, one } = await runTapLab({ maxEventsPerSecond: 2_000 });
  const { web, viewer } = await one();
  const quiet = await proxy();
  target.become({ pods: [pod('shop/web-1', web), pod('shop/web-2', quiet)] });
  await until(() => quiet.calls.size === 1);
  const flood = setInterval(() => {
    for (let index = 0; index < 200; index++) web.exchange();
  }, 5);
  try {
    await until(() => viewer.notices.some(({ text }) => text.includes('a part of the time')), {
      timeoutMs: 10_000,
    });
    quiet.exchange({ path: '/quiet' });
    await until(() => viewer.events.some(({ pod }) => pod === 'shop/web-2'), { timeoutMs: 10_000 });
    expect(viewer.ended).toBeUndefined();
  } finally {
    clearInterval(flood);
  }
});
