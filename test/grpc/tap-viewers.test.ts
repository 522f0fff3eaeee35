import { Metadata, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { NoticeKind } from '../../src/gen/conduit/tap/v1/tap.js';
import { until } from '../kit/until.js';
import { noticesOf, pod, runTapLab } from './tap-lab.js';

test('a hundred viewers of fifty pods share fifty upstream taps', async () => {
  const { upstreams, target, proxy, watch } = await runTapLab();
  const all = await Promise.all(Array.from({ length: 50 }, () => proxy()));
  target.become({ pods: all.map((each, index) => pod(`shop/web-${index}`, each)) });
  const viewers = Array.from({ length: 100 }, () => watch());
  await until(() => viewers.every((viewer) => noticesOf(viewer, NoticeKind.POD_TAPPED).length === 50), {
    timeoutMs: 10_000,
  });
  expect(upstreams.size).toBe(50);
  expect(all.map(({ calls }) => calls.size)).toEqual(all.map(() => 1));
  for (const each of all) each.exchange();
  await until(() => viewers.every(({ events }) => events.length === 150));
  for (const viewer of viewers) viewer.call.cancel();
  await until(() => upstreams.size === 0 && all.every(({ calls }) => calls.size === 0));
});

test('viewers who want other things have upstream taps of their own', async () => {
  const { watch, one } = await runTapLab();
  const { web, viewer } = await one();
  const other = watch({ method: 'post', pathPrefix: '/cart' });
  await until(() => web.calls.size === 2);
  expect(web.asked[1]?.match?.match).toMatchObject({
    $case: 'all',
    value: {
      matches: [
        {
          match: {
            value: { match: { $case: 'method', value: { type: { $case: 'registered', value: 1 } } } },
          },
        },
        {
          match: {
            value: { match: { $case: 'path', value: { match: { $case: 'prefix', value: '/cart' } } } },
          },
        },
      ],
    },
  });
  other.call.cancel();
  await until(() => web.calls.size === 1);
  web.exchange();
  await until(() => viewer.events.length === 3);
  expect(other.events).toEqual([]);
});

test('who may not look is told what is missing, and nobody is asked for it', async () => {
  const questions: unknown[] = [];
  const { target, proxy, watch } = await runTapLab({
    authorize: (question) => {
      questions.push(question);
      return Promise.resolve({
        ok: false,
        code: 'PERMISSION_DENIED',
        details: 'jane may not watch deployments/tap',
      });
    },
  });
  const web = await proxy();
  target.become({ pods: [pod('shop/web-1', web)] });
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer abc');
  const viewer = watch({}, metadata);
  await until(() => viewer.ended !== undefined);
  expect(viewer.ended).toEqual({
    code: status.PERMISSION_DENIED,
    details: 'jane may not watch deployments/tap',
  });
  expect(questions).toMatchObject([
    { token: 'abc', resources: [{ kind: 'Deployment', namespace: 'shop', name: 'web' }] },
  ]);
  expect(web.asked).toEqual([]);
});
