import { describe, expect, test } from 'vitest';
import { compilePath } from '../../../src/proxy/profile/path-pattern.js';

function matches(regex: string, path: string): boolean | string {
  const pattern = compilePath(regex);
  return pattern.ok ? pattern.matches(path) : pattern.problem;
}

test.each([
  ['/a', '/a', true],
  ['/a', '/ab', false],
  ['/a', '/b/a', false],
  ['/a|/b', '/b', true],
  ['/a|/b', '/bc', false],
  ['/books/[^/]*/edit', '/books/7/edit', true],
  ['/books/\\d+', '/books/x', false],
  ['(?i)/Books', '/bOOKS', true],
  ['\\A/a\\z', '/a', true],
  ['/(?P<id>\\d+)', '/12', true],
  ['/\\p{L}+', '/abc', true],
  ['/a(?:b)?', '/a', true],
  ['', '/', false],
  ['^/a$', '/a', true],
])('%s on %s: %s', (regex, path, expected) => {
  expect(matches(regex, path)).toBe(expected);
});

describe('patterns that JavaScript has no words for', () => {
  test.each(['[[:alpha:]]+', '/(', '(?x)/ a', '/\\pL', '*'])('%s says why', (regex) => {
    const pattern = compilePath(regex);
    expect(pattern).toEqual({ ok: false, problem: expect.stringMatching(/./) });
  });
});
