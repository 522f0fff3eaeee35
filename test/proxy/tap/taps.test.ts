import { describe, expect, test } from 'vitest';
import type { ObserveRequest, TapEvent } from '../../../src/gen/io/linkerd/proxy/tap/tap.js';
import { noRequestObserver, observeAll } from '../../../src/proxy/metrics/observer.js';
import { Taps } from '../../../src/proxy/tap/taps.js';
import { requestEnd, requestStart } from '../observed.js';

const everything: ObserveRequest['match'] = { match: { $case: 'all', value: { matches: [] } } };
const response = { status: 200, reason: '', fields: [] };

/** An event in a few words: `req 0`, `rsp 0`, `end 0`. */
function words({ event }: TapEvent): string {
  const http = event?.value.event;
  const kind = { requestInit: 'req', responseInit: 'rsp', responseEnd: 'end', none: '?' }[
    http?.$case ?? 'none'
  ];
  return `${kind} ${String(http?.value.id?.stream)}`;
}

function watch(taps: Taps, request: Partial<ObserveRequest> = {}) {
  const told: string[] = [];
  const opened = taps.open(
    { limit: 100, match: everything, extract: undefined, ...request },
    { tell: (make) => told.push(words(make())), end: () => told.push('over') },
  );
  return { told, opened };
}

test('a request costs nothing while there is no tap', () => {
  const taps = new Taps();
  const start = requestStart();
  expect(taps.observer.request(start)).toBe(noRequestObserver);
  expect(observeAll([taps.observer]).request(start)).toBe(noRequestObserver);
});

test('ends when as many requests as were asked for are over', () => {
  const taps = new Taps();
  const { told } = watch(taps, { limit: 2 });
  const [first, second, third] = [1, 2, 3].map(() => taps.observer.request(requestStart()));
  expect(third).toBe(noRequestObserver);
  second?.responded(response, 1);
  second?.ended(requestEnd());
  expect(taps.size).toBe(1);
  first?.responded(response, 1);
  first?.ended(requestEnd());
  expect(told).toEqual(['req 0', 'req 1', 'rsp 1', 'end 1', 'rsp 0', 'end 0', 'over']);
  expect(taps.size).toBe(0);
});

test('nothing is told once nobody watches', () => {
  const taps = new Taps();
  const { told, opened } = watch(taps, { limit: 1 });
  const request = taps.observer.request(requestStart());
  if (opened.ok) opened.tap.close();
  request.responded(response, 1);
  request.ended(requestEnd());
  expect(told).toEqual(['req 0']);
  expect(taps.size).toBe(0);
});

test('several taps are told of the same request, each with ids of its own', () => {
  const taps = new Taps({ random: () => 0.999_999_999_999 });
  const bases: (number | undefined)[] = [];
  for (let round = 0; round < 2; round++) {
    taps.open(
      { limit: 1, match: everything, extract: undefined },
      { tell: (make) => bases.push(make().event?.value.event?.value.id?.base), end: () => {} },
    );
  }
  taps.observer.request(requestStart()).ended(requestEnd());
  expect(bases).toEqual([4_294_967_295, 0, 4_294_967_295, 0]);
});

describe('a tap is refused', () => {
  test('without a limit', () => {
    expect(watch(new Taps(), { limit: 0 }).opened).toEqual({
      ok: false,
      kind: 'invalid',
      problem: 'limit: must be more than 0',
    });
  });
  test('without a match', () => {
    expect(watch(new Taps(), { match: undefined }).opened).toEqual({
      ok: false,
      kind: 'invalid',
      problem: 'match: missing',
    });
  });
  test('where there are too many', () => {
    const taps = new Taps();
    const all = Array.from({ length: 65 }, () => watch(taps).opened);
    expect(all.filter(({ ok }) => ok)).toHaveLength(64);
    expect(all.at(-1)).toEqual({ ok: false, kind: 'busy', problem: '64 taps are open' });
  });
});
