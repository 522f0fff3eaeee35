import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { NoticeKind } from '../../src/gen/conduit/tap/v1/tap.js';
import { until } from '../kit/until.js';
import { noticesOf, pod, runTapLab, type Watching } from './tap-lab.js';

const kindsOf = ({ events }: Watching): string[] =>
  events.map(({ request, event }) => `${request} ${event?.$case}`);

test('a request is told whole, with the labels of both ends, by the number that all its events have', async () => {
  const { one } = await runTapLab();
  const { web, viewer } = await one({ extractHeaders: true });
  web.exchange({
    path: '/cart?card=4111',
    headers: [
      ['X-Trace', 'a'],
      ['Authorization', 'Bearer secret'],
      ['x-bin', '\u00ff'],
    ],
  });
  await until(() => viewer.events.length === 3);
  const [init] = viewer.events;
  expect(init).toMatchObject({
    pod: 'shop/web-1',
    source: {
      ip: '10.0.0.9',
      port: 40_000,
      labels: new Map([
        ['tls', 'true'],
        ['pod', 'shopper-1'],
        ['namespace', 'shop'],
      ]),
    },
    destination: { ip: '10.0.0.1', port: 8_080, labels: new Map([['pod', 'shop/web-1']]) },
    routeLabels: new Map([['route', 'all']]),
    event: {
      $case: 'requestInit',
      value: {
        method: 'GET',
        scheme: 'http',
        authority: 'web.shop',
        path: '/cart',
        headers: [
          { name: 'x-trace', value: { $case: 'text', value: 'a' } },
          { name: 'authorization', value: { $case: 'redacted', value: true } },
          { name: 'x-bin', value: { $case: 'text', value: '\u00ff' } },
        ],
      },
    },
  });
  expect(new Set(viewer.events.map(({ request }) => request)).size).toBe(1);
  expect(
    JSON.stringify(viewer.events, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
  ).not.toContain('secret');
});

test('headers are asked of the proxies, and told, only where somebody wants them', async () => {
  const { one } = await runTapLab();
  const { web, viewer } = await one({ headers: ['X-Trace'] });
  expect(web.asked[0]?.extract).toBeDefined();
  web.exchange({ headers: [['x-trace', 'a']] });
  web.exchange({ headers: [['x-other', 'a']] });
  await until(() => viewer.last?.received === 6n);
  expect(viewer.events).toHaveLength(3);
  expect(viewer.events[0]?.event).toMatchObject({ value: { headers: [] } });
});

test('pods that come are tapped, pods that go are dropped, and what they had under way ends', async () => {
  const { target, proxy, one } = await runTapLab();
  const { web, viewer } = await one();
  web.exchange({ kinds: ['init'] });
  await until(() => viewer.events.length === 1);
  const second = await proxy();
  target.become({ pods: [pod('shop/web-2', second)] });
  await until(() => second.calls.size === 1 && web.calls.size === 0);
  second.exchange();
  await until(() => viewer.events.length === 5);
  expect(viewer.events[1]?.event).toMatchObject({ $case: 'requestEnd', value: { end: { $case: 'lost' } } });
  expect(noticesOf(viewer, NoticeKind.POD_LEFT)).toEqual(['shop/web-1']);
});

test('a proxy that dies fails for now, is tried again, and hides nothing of the others', async () => {
  const { target, proxy, one } = await runTapLab();
  const { web, viewer } = await one();
  const other = await proxy();
  target.become({ pods: [pod('shop/web-1', web), pod('shop/web-2', other)] });
  await until(() => other.calls.size === 1);
  web.exchange({ kinds: ['init', 'response'] });
  await until(() => viewer.events.length === 2);
  web.kill();
  await until(() => noticesOf(viewer, NoticeKind.POD_FAILED).length > 0);
  expect(viewer.events[2]?.event).toMatchObject({ $case: 'requestEnd', value: { end: { $case: 'lost' } } });
  other.exchange();
  await until(() => viewer.events.length === 6);
});

test('a proxy that never answers is told of', async () => {
  const { target, proxy, watch } = await runTapLab();
  const silent = await proxy({ greets: false });
  target.become({ pods: [pod('shop/web-1', silent)] });
  const viewer = watch();
  await until(() => noticesOf(viewer, NoticeKind.POD_FAILED).length > 0);
  expect(viewer.notices.find(({ kind }) => kind === NoticeKind.POD_FAILED)?.text).toBe(
    `shop/web-1 (${silent.address}) can't be tapped: it has not answered for 0.2 s`,
  );
});

test('a proxy that sends garbage fails alone', async () => {
  const { target, proxy, one } = await runTapLab();
  const { web, viewer } = await one();
  const broken = await proxy({ bytes: Buffer.from([0xff, 0xff, 0xff]) });
  target.become({ pods: [pod('shop/web-1', web), pod('shop/web-2', broken)] });
  await until(() => noticesOf(viewer, NoticeKind.POD_FAILED).includes('shop/web-2'));
  web.exchange();
  await until(() => viewer.events.length === 3);
  expect(viewer.ended).toBeUndefined();
});

test('a target without pods is waited for; one that is gone ends the tap with a sentence', async () => {
  const { upstreams, target, proxy, watch } = await runTapLab();
  const viewer = watch();
  await until(() => viewer.notices.length === 1);
  expect(viewer.notices[0]).toEqual({
    kind: NoticeKind.NO_PODS,
    pod: '',
    text: 'Deployment web in namespace shop has no pods for now',
  });
  const web = await proxy();
  target.become({ pods: [pod('shop/web-1', web)] });
  await until(() => web.calls.size === 1);
  web.exchange({ kinds: ['init'] });
  await until(() => viewer.events.length === 1);
  target.become({ exists: false, pods: [] });
  await until(() => viewer.ended !== undefined);
  expect(viewer.ended?.code).toBe(status.OK);
  expect(viewer.notices.at(-1)).toEqual({
    kind: NoticeKind.TARGET_GONE,
    pod: '',
    text: 'Deployment web in namespace shop is gone',
  });
  expect(kindsOf(viewer).map((kind) => kind.split(' ')[1])).toEqual(['requestInit', 'requestEnd']);
  expect(viewer.last).toMatchObject({ received: 2n, delivered: 2n, pending: 0n });
  await until(() => target.watchers === 0 && upstreams.size === 0);
});

test('pods without a sidecar are told of once; a target of nothing else is refused', async () => {
  const { target, watch, one } = await runTapLab();
  const { web, viewer } = await one();
  const bare = { id: 'shop/bare', tapAddress: undefined, isMeshed: false };
  target.become({ pods: [pod('shop/web-1', web), bare] });
  target.become({ pods: [pod('shop/web-1', web), bare] });
  await until(() => noticesOf(viewer, NoticeKind.POD_NOT_MESHED).length > 0);
  expect(noticesOf(viewer, NoticeKind.POD_NOT_MESHED)).toEqual(['shop/bare']);
  target.become({ pods: [bare] });
  const refused = watch();
  await until(() => refused.ended !== undefined);
  expect(refused.ended).toEqual({
    code: status.NOT_FOUND,
    details:
      'none of the 1 pods of Deployment web in namespace shop has a sidecar of this control plane: shop/bare',
  });
  target.become({ exists: false, pods: [] });
  const missing = watch();
  await until(() => missing.ended !== undefined);
  expect(missing.ended).toEqual({
    code: status.NOT_FOUND,
    details: 'there is no Deployment web in namespace shop',
  });
});
