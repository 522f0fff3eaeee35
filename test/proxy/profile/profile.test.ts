import { describe, expect, test } from 'vitest';
import type { ToldProfile } from '../../../src/client/told-profile.js';
import type { ToldRoute } from '../../../src/client/told-route.js';
import type { RequestMatch } from '../../../src/core/routes.js';
import { compileProfile, findRoute, plainProfile } from '../../../src/proxy/profile/profile.js';

function route(name: string, condition: RequestMatch, more: Partial<ToldRoute> = {}): ToldRoute {
  const labels = new Map([['route', name]]);
  return { condition, responseClasses: [], labels, isRetryable: false, timeoutMs: undefined, ...more };
}

function profile(more: Partial<ToldProfile>): ToldProfile {
  return { ...plainProfile.told, ...more };
}

function compile(told: ToldProfile, unusable: string[] = []) {
  return compileProfile(told, { before: plainProfile, onUnusable: (regex) => unusable.push(regex) });
}

const get: RequestMatch = { kind: 'method', method: 'GET' };
const books: RequestMatch = { kind: 'path', regex: '/books' };

describe('a route', () => {
  const compiled = compile(
    profile({
      routes: [
        route('both', { kind: 'all', matches: [get, books] }),
        route('not get', { kind: 'not', match: get }),
        route('either', { kind: 'any', matches: [books, { kind: 'path', regex: '/authors.*' }] }),
        route('get', get),
        route('never', books),
      ],
    }),
  );

  test.each([
    ['GET', '/books', 'both'],
    ['POST', '/books', 'not get'],
    ['GET', '/authors/1', 'either'],
    ['GET', '/', 'get'],
    ['HEAD', '/', 'not get'],
  ])('is the first that matches: %s %s', (method, path, expected) => {
    expect(findRoute(compiled, { method, path })?.labels.get('route')).toBe(expected);
  });

  test('with a pattern that is unusable matches nothing, negated or not, and the others do', () => {
    const bad: RequestMatch = { kind: 'path', regex: '(' };
    const unusable: string[] = [];
    const it = compile(
      profile({
        routes: [
          route('bad', bad),
          route('not bad', { kind: 'not', match: bad }),
          route('any', { kind: 'any', matches: [get, bad] }),
          route('good', books),
        ],
      }),
      unusable,
    );
    expect(findRoute(it, { method: 'GET', path: '/books' })?.labels.get('route')).toBe('good');
    expect(unusable).toEqual(['(', '(', '(']);
  });

  test('of an opaque destination does not apply', () => {
    const it = compile(profile({ isOpaque: true, routes: [route('get', get)] }));
    expect(findRoute(it, { method: 'GET', path: '/' })).toBeUndefined();
  });

  test('classifies by the first class that matches', () => {
    const [it] = compile(
      profile({
        routes: [
          route('get', get, {
            responseClasses: [
              { condition: { kind: 'status', min: 404, max: 404 }, isFailure: false },
              { condition: { kind: 'status', min: 400, max: 499 }, isFailure: true },
              {
                condition: { kind: 'not', match: { kind: 'status', min: 100, max: 599 } },
                isFailure: true,
              },
            ],
          }),
        ],
      }),
    ).routes;
    expect([404, 400, 499, 500, 600].map((status) => it?.isFailure(status))).toEqual([
      false,
      true,
      true,
      undefined,
      true,
    ]);
  });
});

test('a budget that stays the same goes on with its balance', () => {
  const retryBudget = { retryRatio: 0, minRetriesPerSecond: 1, ttlMs: 1_000 };
  const first = compile(profile({ retryBudget }));
  expect(first.retryBudget?.withdraw(0)).toBe(true);
  const second = compileProfile(profile({ retryBudget: { ...retryBudget } }), {
    before: first,
    onUnusable: () => {},
  });
  expect(second.retryBudget?.withdraw(0)).toBe(false);
  const third = compileProfile(profile({ retryBudget: { ...retryBudget, minRetriesPerSecond: 2 } }), {
    before: second,
    onUnusable: () => {},
  });
  expect(third.retryBudget?.withdraw(0)).toBe(true);
});

describe('what proxies take for not told:', () => {
  const budget = { retryRatio: 0.5, minRetriesPerSecond: 3, ttlMs: 10_000 };

  test.each([
    { ttlMs: 999 },
    { ttlMs: 60_001 },
    { retryRatio: -1 },
    { retryRatio: 1_001 },
    { minRetriesPerSecond: 2 ** 31 },
  ])('a budget out of bounds: %j', (more) => {
    expect(compile(profile({ retryBudget: { ...budget, ...more } })).retryBudget).toBeUndefined();
  });

  test('an override without weight', () => {
    const none = compile(profile({ overrides: [{ authority: 'a:80', weight: 0 }] }));
    expect(none.split).toBeUndefined();
    const one = compile(
      profile({
        overrides: [
          { authority: 'a:80', weight: 0 },
          { authority: 'b:80', weight: 1 },
        ],
      }),
    );
    expect([0, 0.99].map((random) => one.split?.pick(random)?.authority)).toEqual(['b:80', 'b:80']);
  });

  test('a timeout of nothing', () => {
    const { routes } = compile(profile({ routes: [route('get', get, { timeoutMs: 0 })] }));
    expect(routes.map((it) => it.timeoutMs)).toEqual([undefined]);
  });
});
