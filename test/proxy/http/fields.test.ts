import { describe, expect, test } from 'vitest';
import {
  endToEnd,
  fieldValue,
  joinCookies,
  listMembers,
  trailerFields,
  withoutFields,
} from '../../../src/proxy/http/fields.js';

test('a value is found whatever the case of its name', () => {
  expect(fieldValue(['X-A', '1', 'x-a', '2'], 'x-a')).toBe('1');
  expect(fieldValue(['X-A', '1'], 'x-b')).toBeUndefined();
});

test('lists are read across fields', () => {
  expect(listMembers(['Connection', 'Close, X-A', 'connection', ' upgrade'], 'connection')).toEqual([
    'close',
    'x-a',
    'upgrade',
  ]);
});

describe('end to end', () => {
  test('what describes the connection stays behind, as does what Connection names', () => {
    const fields = [
      'A',
      '1',
      'Connection',
      'x-mine',
      'X-Mine',
      '1',
      'Transfer-Encoding',
      'chunked',
      'B',
      '2',
    ];
    expect(endToEnd(fields)).toEqual(['A', '1', 'B', '2']);
  });

  test('of TE only trailers is left', () => {
    expect(endToEnd(['TE', 'trailers, deflate;q=0.5'])).toEqual(['te', 'trailers']);
    expect(endToEnd(['TE', 'gzip'])).toEqual([]);
  });

  test('Connection cannot take away what a message or its author is known by', () => {
    const fields = ['Host', 'a', 'Content-Length', '5', 'Cookie', 'c', 'Authorization', 'x'];
    expect(endToEnd(['Connection', 'host, content-length, cookie, authorization', ...fields])).toEqual(
      fields,
    );
  });
});

test('cookies are joined for HTTP/1', () => {
  expect(joinCookies(['a', '1', 'cookie', 'x=1', 'cookie', 'y=2'])).toEqual(['a', '1', 'cookie', 'x=1; y=2']);
  expect(joinCookies(['cookie', 'x=1'])).toEqual(['cookie', 'x=1']);
});

test('a trailer does not say what only a head may', () => {
  expect(trailerFields(['Content-Length', '5', 'X-Sum', '1', 'Set-Cookie', 'a=b', 'Host', 'x'])).toEqual([
    'X-Sum',
    '1',
  ]);
});

test('fields without some are the same where there are none of them', () => {
  const fields = ['A', '1'];
  expect(withoutFields(fields, 'b')).toBe(fields);
  expect(withoutFields(['A', '1', 'b', '2', 'B', '3'], 'b')).toEqual(['A', '1']);
});
