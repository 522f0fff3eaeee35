import { type ClientReadableStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ResourceKind } from '../../src/gen/conduit/api/v1/resource.js';
import {
  type Event,
  type Notice,
  NoticeKind,
  TapByResourceRequest,
  type TapByResourceResponse,
  TapClient,
} from '../../src/gen/conduit/tap/v1/tap.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer, type GrpcServer } from '../../src/grpc/server.js';
import { createTapService, type TapLimits, type TapOptions } from '../../src/grpc/tap.js';
import { allowEverybody, type Authorize } from '../../src/tap/authorize.js';
import { credentialHeaders } from '../../src/tap/redaction.js';
import type { TargetPod, TargetState } from '../../src/tap/tap-session.js';
import { Upstreams } from '../../src/tap/upstreams.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { ScriptedProxy } from '../tap/scripted-proxy.js';

/** A target whose pods the test moves. */
class Target {
  state: TargetState;
  readonly #listeners = new Set<() => void>();

  constructor(state: TargetState) {
    this.state = state;
  }

  become(state: Partial<TargetState>): void {
    this.state = { ...this.state, ...state };
    for (const listener of this.#listeners) listener();
  }

  watch(listener: () => void) {
    this.#listeners.add(listener);
    const current = (): TargetState => this.state;
    return {
      get state() {
        return current();
      },
      close: () => void this.#listeners.delete(listener),
    };
  }

  get watchers(): number {
    return this.#listeners.size;
  }
}

let registry: Registry;
let upstreams: Upstreams;
let server: GrpcServer;
let target: Target;
let authorize: Authorize;
const proxies: ScriptedProxy[] = [];
const clients: TapClient[] = [];

interface Serving {
  readonly limits?: Partial<TapLimits>;
  readonly maxEventsPerSecond?: number;
  readonly viewerLimits?: TapOptions['viewerLimits'];
}

async function serve({
  limits = {},
  maxEventsPerSecond = 50_000,
  viewerLimits,
}: Serving = {}): Promise<void> {
  registry = new Registry();
  upstreams = new Upstreams({
    labelsOf: (ip) =>
      new Map(
        ip === '10.0.0.9'
          ? [
              ['pod', 'shopper-1'],
              ['namespace', 'shop'],
            ]
          : [],
      ),
    labelsOfPod: (pod) => new Map([['pod', pod]]),
    redacted: new Set(credentialHeaders),
    maxEventsPerSecond,
    random: Math.random,
    limits: { answerMs: 200, minRetryMs: 10, maxRetryMs: 50 },
  });
  target = new Target({ exists: true, pods: [] });
  authorize = allowEverybody;
  const tap = createTapService({
    upstreams,
    watchTarget: (_target, listener) => target.watch(listener),
    random: Math.random,
    authorize: (question) => authorize(question),
    registry,
    limits,
    ...(viewerLimits && { viewerLimits }),
  });
  server = await createGrpcServer({
    name: 'tooling',
    address: { host: '127.0.0.1', port: 0 },
    services: [tap],
    log: recordingLog().log,
    metrics: createGrpcMetrics(registry),
  });
}

beforeEach(() => serve());

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const proxy of proxies.splice(0)) proxy.kill();
  upstreams.close();
  await server.drain({ graceMs: 100 });
});

async function proxy(options?: Parameters<typeof ScriptedProxy.start>[0]): Promise<ScriptedProxy> {
  const started = await ScriptedProxy.start(options);
  proxies.push(started);
  return started;
}

function pod(id: string, proxy?: ScriptedProxy): TargetPod {
  return { id, tapAddress: proxy?.address, isMeshed: true };
}

interface Watching {
  readonly events: Event[];
  readonly notices: Notice[];
  readonly call: ClientReadableStream<TapByResourceResponse>;
  last: TapByResourceResponse['books'];
  ended: { readonly code: number; readonly details: string } | undefined;
}

function watch(request: Partial<TapByResourceRequest> = {}, metadata = new Metadata()): Watching {
  const client = new TapClient(server.address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  clients.push(client);
  const web = { kind: ResourceKind.DEPLOYMENT, namespace: 'shop', name: 'web', labelSelector: '' };
  const call = client.tapByResource(
    TapByResourceRequest.fromPartial({ target: web, maxRps: 100_000, ...request }),
    metadata,
  );
  const watching: Watching = { events: [], notices: [], call, last: undefined, ended: undefined };
  call.on('data', ({ events, notices, books }: TapByResourceResponse) => {
    watching.events.push(...events);
    watching.notices.push(...notices);
    watching.last = books;
  });
  call.on('error', ({ code, details }: ServiceError) => {
    watching.ended = { code, details };
  });
  call.on('end', () => {
    watching.ended ??= { code: 0, details: '' };
  });
  return watching;
}

const kindsOf = ({ events }: Watching): string[] =>
  events.map(({ request, event }) => `${request} ${event?.$case}`);

const noticesOf = ({ notices }: Watching, kind: NoticeKind): string[] =>
  notices.filter((notice) => notice.kind === kind).map(({ pod }) => pod);

/** One pod, tapped by one viewer. */
async function one(request: Partial<TapByResourceRequest> = {}) {
  const web = await proxy();
  target.become({ pods: [pod('shop/web-1', web)] });
  const viewer = watch(request);
  await until(() => web.calls.size === 1 && noticesOf(viewer, NoticeKind.POD_TAPPED).length === 1);
  return { web, viewer };
}

test('a request is told whole, with the labels of both ends, by the number that all its events have', async () => {
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
  const { web, viewer } = await one({ headers: ['X-Trace'] });
  expect(web.asked[0]?.extract).toBeDefined();
  web.exchange({ headers: [['x-trace', 'a']] });
  web.exchange({ headers: [['x-other', 'a']] });
  await until(() => viewer.last?.received === 6n);
  expect(viewer.events).toHaveLength(3);
  expect(viewer.events[0]?.event).toMatchObject({ value: { headers: [] } });
});

test('pods that come are tapped, pods that go are dropped, and what they had under way ends', async () => {
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
  const silent = await proxy({ greets: false });
  target.become({ pods: [pod('shop/web-1', silent)] });
  const viewer = watch();
  await until(() => noticesOf(viewer, NoticeKind.POD_FAILED).length > 0);
  expect(viewer.notices.find(({ kind }) => kind === NoticeKind.POD_FAILED)?.text).toBe(
    `shop/web-1 (${silent.address}) can't be tapped: it has not answered for 0.2 s`,
  );
});

test('a proxy that sends garbage fails alone', async () => {
  const { web, viewer } = await one();
  const broken = await proxy({ bytes: Buffer.from([0xff, 0xff, 0xff]) });
  target.become({ pods: [pod('shop/web-1', web), pod('shop/web-2', broken)] });
  await until(() => noticesOf(viewer, NoticeKind.POD_FAILED).includes('shop/web-2'));
  web.exchange();
  await until(() => viewer.events.length === 3);
  expect(viewer.ended).toBeUndefined();
});

test('a target without pods is waited for; one that is gone ends the tap with a sentence', async () => {
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

test('a hundred viewers of fifty pods share fifty upstream taps', async () => {
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

test('a viewer that never reads loses its own events, and others lose nothing', async () => {
  await server.drain({ graceMs: 10 });
  await serve({ viewerLimits: { maxBytes: 100_000 } });
  const { web, viewer } = await one();
  const slow = watch();
  slow.call.pause();
  await until(() => target.watchers === 2);
  const requests = 5_000;
  for (let sent = 0; sent < requests; sent += 500) {
    for (let index = 0; index < 500; index++) web.exchange({ path: `/${'x'.repeat(100)}` });
    const seen = (sent + 500) * 3;
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

test('who may not look is told what is missing, and nobody is asked for it', async () => {
  const web = await proxy();
  target.become({ pods: [pod('shop/web-1', web)] });
  const questions: unknown[] = [];
  authorize = (question) => {
    questions.push(question);
    return Promise.resolve({
      ok: false,
      code: 'PERMISSION_DENIED',
      details: 'jane may not watch deployments/tap',
    });
  };
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

test('more viewers than there is room for are refused', async () => {
  await server.drain({ graceMs: 10 });
  await serve({ limits: { maxViewers: 2 } });
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
  await server.drain({ graceMs: 10 });
  await serve({ limits: { maxPods: 1 } });
  const { web, viewer } = await one();
  target.become({ pods: [pod('shop/web-1', web), pod('shop/web-2', await proxy())] });
  await until(() => viewer.notices.some(({ text }) => text === 'of 2 pods, 1 are tapped: no tap takes more'));
  expect(upstreams.size).toBe(1);
});

test('a flood costs a share, is said, and the other pods are seen', async () => {
  await server.drain({ graceMs: 10 });
  await serve({ maxEventsPerSecond: 2_000 });
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
