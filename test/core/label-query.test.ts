import { expect, test } from 'vitest';
import { parseLabelQuery } from '../../src/core/label-query.js';

test('every form is understood', () => {
  expect(
    parseLabelQuery('app=web, tier==front,env != dev,a in (x, y),b notin (z),example.com/c,!d,e='),
  ).toEqual({
    ok: true,
    value: [
      { kind: 'in', label: 'app', values: ['web'] },
      { kind: 'in', label: 'tier', values: ['front'] },
      { kind: 'not-in', label: 'env', values: ['dev'] },
      { kind: 'in', label: 'a', values: ['x', 'y'] },
      { kind: 'not-in', label: 'b', values: ['z'] },
      { kind: 'exists', label: 'example.com/c' },
      { kind: 'absent', label: 'd' },
      { kind: 'in', label: 'e', values: [''] },
    ],
  });
});

test('nothing asks for nothing', () => {
  expect(parseLabelQuery(' ')).toEqual({ ok: true, value: [] });
});

test.each(['=web', 'a b', 'a in x', 'a in (x', 'app=web,', 'a=b=c', 'Ä'])('%j', (text) => {
  const parsed = parseLabelQuery(text);
  expect(parsed).toEqual({ ok: false, problem: expect.stringContaining('is no label requirement') });
});

test.each([',', 'a,', 'a in (,'])('%j, over and over, is refused', (text) => {
  expect(parseLabelQuery(text.repeat(8_192 / text.length)).ok).toBe(false);
});

test('an endless one is refused without being repeated', () => {
  const parsed = parseLabelQuery('a'.repeat(10_000));
  expect(parsed).toEqual({
    ok: false,
    problem: 'a label selector of 10000 characters; expected at most 8192',
  });
});
