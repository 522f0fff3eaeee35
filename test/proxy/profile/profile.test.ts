import { describe, expect, test } from 'vitest';
import type { RequestCondition, ToldProfile, ToldRoute } from '../../../src/client/told-profile.js';
import { compileProfile, findRoute, plainProfile } from '../../../src/proxy/profile/profile.js';

function route(name: string, condition: RequestCondition, more: Partial<ToldRoute> = {}): ToldRoute {
  const labels = new Map([['route', name]]);
  return { condition, responseClasses: [], labels, isRetryable: false, timeoutMs: undefined, ...more };
}

function profile(more: Partial<ToldProfile>): ToldProfile {
  return { ...plainProfile.told, ...more };
}

function compile(told: ToldProfile, unusable: string[] = []) {
  return compileProfile(told, { before: plainProfile, onUnusable: (regex) => unusable.push(regex) });
}

const get: RequestCondition = { kind: 'method', method: 'GET' };
const books: RequestCondition = { kind: 'path', regex: '/books' };

describe('a route', () => {
  const compiled = compile(
    profile({
      routes: [
        route('both', { kind: 'all', of: [get, books] }),
        route('not get', { kind: 'not', condition: get }),
        route('either', { kind: 'any', of: [books, { kind: 'path', regex: '/authors.*' }] }),
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
    const bad: RequestCondition = { kind: 'path', regex: '(' };
    const unusable: string[] = [];
    const it = compile(
      profile({
        routes: [
          route('bad', bad),
          route('not bad', { kind: 'not', condition: bad }),
          route('any', { kind: 'any', of: [get, bad] }),
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
                condition: { kind: 'not', condition: { kind: 'status', min: 100, max: 599 } },
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
  const retryBudget = { ratio: 0, minPerSecond: 1, ttlMs: 1_000 };
  const first = compile(profile({ retryBudget }));
  expect(first.retryBudget?.withdraw(0)).toBe(true);
  const second = compileProfile(profile({ retryBudget: { ...retryBudget } }), {
    before: first,
    onUnusable: () => {},
  });
  expect(second.retryBudget?.withdraw(0)).toBe(false);
  const third = compileProfile(profile({ retryBudget: { ...retryBudget, minPerSecond: 2 } }), {
    before: second,
    onUnusable: () => {},
  });
  expect(third.retryBudget?.withdraw(0)).toBe(true);
});
