import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NoticeKind, TapByResourceResponse } from '../../src/gen/conduit/tap/v1/tap.js';
import { omissions } from '../../src/tap/books.js';
import type { RequestFilter } from '../../src/tap/request-filter.js';
import type { TappedEvent } from '../../src/tap/tapped-event.js';
import { Viewer, type ViewerOptions } from '../../src/tap/viewer.js';
import { Random } from '../kit/random.js';
import { exchange, tapped } from './events.js';

const all: RequestFilter = { outboundOnly: false, statuses: [], minLatencyMs: 0, headers: [] };

function viewing(options: Partial<ViewerOptions> = {}) {
  const random = new Random(1);
  let ready = 0;
  const viewer = new Viewer({
    filter: all,
    maxRps: 100_000,
    withHeaders: true,
    random: () => random.next(),
    onReady: () => {
      ready += 1;
    },
    ...options,
  });
  return {
    viewer,
    ready: () => ready,
    told: () => takeAll(viewer),
    show: (events: readonly TappedEvent[]) => show(viewer, events),
  };
}

function show(viewer: Viewer, events: readonly TappedEvent[]): void {
  for (const event of events) viewer.event(event);
}

/** What a viewer that takes everything is told: request and kind of each event. */
function takeAll(viewer: Viewer): string[] {
  const told: string[] = [];
  for (;;) {
    const { message, isLast } = viewer.take();
    for (const { request, event } of TapByResourceResponse.decode(message).events) {
      told.push(`${request} ${event?.$case}`);
    }
    if (isLast) return told;
  }
}

const whole = (request: number): string[] =>
  ['requestInit', 'responseInit', 'requestEnd'].map((kind) => `${request} ${kind}`);

test('what comes is told at once, and that there is something once', () => {
  const { viewer, ready, told, show } = viewing();
  show(exchange(1));
  show(exchange(2));
  expect(ready()).toBe(1);
  expect(told()).toEqual([...whole(1), ...whole(2)]);
  show(exchange(3));
  expect(ready()).toBe(2);
  expect(told()).toEqual(whole(3));
  expect(viewer.books).toMatchObject({ received: 9, delivered: 9, pending: 0 });
});

test('what began before it looked on is not told', () => {
  const { viewer, told, show } = viewing();
  show(exchange(1).slice(1));
  expect(told()).toEqual([]);
  expect(viewer.books.omitted.orphaned).toBe(2);
});

test.each<[string, Partial<RequestFilter>, readonly TappedEvent[]]>([
  ['a status', { statuses: [{ min: 500, max: 599 }] }, exchange(1, { status: 503 })],
  [
    'one of several statuses',
    {
      statuses: [
        { min: 500, max: 599 },
        { min: 404, max: 404 },
      ],
    },
    exchange(1, { status: 404 }),
  ],
  ['a latency', { minLatencyMs: 100 }, exchange(1, { sinceRequestMs: 100 })],
  [
    'a header of either',
    { headers: ['x-a', 'x-b'] },
    [
      tapped({ kind: 'request-init', request: 1, headerNames: ['x-b'] }),
      tapped({ kind: 'response-init', request: 1, headerNames: ['x-a'] }),
      tapped({ kind: 'request-end', request: 1 }),
    ],
  ],
  ['the way out', { outboundOnly: true }, exchange(1, { isOutbound: true })],
])('%s that is asked for is told whole', (_name, filter, events) => {
  const { told, show } = viewing({ filter: { ...all, ...filter } });
  show(events);
  expect(told()).toEqual(whole(1));
});

test.each<[string, Partial<RequestFilter>, readonly TappedEvent[]]>([
  ['another status', { statuses: [{ min: 500, max: 599 }] }, exchange(1, { status: 200 })],
  [
    'no response',
    { statuses: [{ min: 500, max: 599 }] },
    [tapped({ kind: 'request-init', request: 1 }), tapped({ kind: 'request-end', request: 1 })],
  ],
  ['a quick one', { minLatencyMs: 100 }, exchange(1, { sinceRequestMs: 99 })],
  ['no such header', { headers: ['x-a'] }, exchange(1, { headerNames: ['x-b'] })],
  ['the way in', { outboundOnly: true }, exchange(1)],
])('%s is left out whole', (_name, filter, events) => {
  const { viewer, told, show } = viewing({ filter: { ...all, ...filter } });
  show(events);
  expect(told()).toEqual([]);
  expect(viewer.books.omitted['filtered-out']).toBe(events.length);
  expect(viewer.books.pending).toBe(0);
});

test('a request that is lost before its verdict is told of by nobody', () => {
  const { viewer, told, show } = viewing({ filter: { ...all, minLatencyMs: 5 } });
  show([tapped({ kind: 'request-init', request: 1 }), tapped({ kind: 'lost', request: 1 })]);
  expect(told()).toEqual([]);
  expect(viewer.books.omitted.orphaned).toBe(2);
});

test('one who takes nothing loses what finds no room, whole requests where it can be', () => {
  const [init] = exchange(1);
  const size = init?.field(true).byteLength ?? 0;
  const { viewer, told, show } = viewing({ limits: { maxBytes: size * 2 } });
  for (let request = 1; request <= 4; request++) show(exchange(request).slice(0, 1));
  for (let request = 1; request <= 4; request++) show(exchange(request).slice(1));
  expect(told()).toEqual(['1 requestInit', '2 requestInit']);
  expect(viewer.books).toMatchObject({ received: 12, delivered: 2, pending: 0 });
  expect(viewer.books.omitted.overflowed).toBe(10);
});

test('messages are no longer than they may be', () => {
  const { viewer, show } = viewing({ limits: { maxMessageBytes: 200 } });
  for (let request = 1; request <= 20; request++) show(exchange(request));
  const sizes: number[] = [];
  for (let isLast = false; !isLast; ) {
    const taken = viewer.take();
    sizes.push(taken.message.byteLength);
    isLast = taken.isLast;
  }
  expect(sizes.length).toBeGreaterThan(5);
  // The books come on top.
  expect(Math.max(...sizes)).toBeLessThan(260);
});

test('headers are told to those who ask for them', () => {
  const event = tapped({ kind: 'request-init', request: 1, headerNames: ['x-a'] });
  expect(event.field(true)).toEqual(event.field(true));
  expect(event.field(false)).toEqual(event.field(false));
});

test('notices that find no room are counted', () => {
  const { viewer } = viewing({ limits: { maxNotices: 2 } });
  for (let pod = 1; pod <= 5; pod++) viewer.notice(NoticeKind.POD_TAPPED, `shop/web-${pod}`, 'tapped');
  expect(TapByResourceResponse.decode(viewer.take().message).notices.map(({ pod }) => pod)).toEqual([
    'shop/web-1',
    'shop/web-2',
  ]);
  expect(viewer.mutedNotices).toBe(3);
});

test('what is told of a request behind its end belongs to none', () => {
  const { viewer, told, show } = viewing({ maxRps: 20 });
  show([
    tapped({ kind: 'request-init', request: 1 }),
    tapped({ kind: 'request-end', request: 1 }),
    tapped({ kind: 'response-init', request: 1 }),
  ]);
  viewer.finish();
  expect(told()).toEqual(['1 requestInit', '1 requestEnd']);
  expect(viewer.books).toMatchObject({ received: 3, delivered: 2, pending: 0 });
});

test('books balance at every step, whatever comes', () => {
  const step = fc.record({
    request: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom('request-init', 'response-init', 'request-end', 'lost', 'tick', 'take'),
    status: fc.constantFrom(200, 500),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 60 }),
      (steps, filters, maxRps) => {
        const filter = { ...all, statuses: filters ? [{ min: 500, max: 599 }] : [] };
        const { viewer } = viewing({ filter, maxRps, limits: { maxBytes: 300, maxRequests: 8, maxHeld: 9 } });
        // A request has one beginning, as whoever reads proxies' events sees to.
        const ids = new Map<number, number>();
        let next = 0;
        const check = (): void => {
          const { books } = viewer;
          const omitted = omissions.reduce((sum, reason) => sum + books.omitted[reason], 0);
          expect(books.received).toBe(books.delivered + omitted + books.pending);
          expect(books.pending).toBeGreaterThanOrEqual(0);
        };
        for (const { request, kind, status } of steps) {
          if (kind === 'tick') viewer.tick();
          else if (kind === 'take') viewer.take();
          else {
            if (kind === 'request-init') ids.set(request, ++next);
            viewer.event(tapped({ kind, request: ids.get(request) ?? 1_000 + request, status }));
          }
          check();
        }
        viewer.finish();
        takeAll(viewer);
        check();
        expect(viewer.books.pending).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
