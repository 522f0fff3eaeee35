import { describe, expect, test } from 'vitest';
import {
  boolean,
  contextToken,
  dialAddress,
  dnsName,
  duration,
  formatHostPort,
  httpUrl,
  integer,
  listenAddress,
  namespace,
  oneOf,
  orOff,
  someOf,
} from '../../src/config/parsers.js';
import type { Parser } from '../../src/config/flag.js';

/** What a parser makes of each text: the value, or `no`. */
function read<T>(parse: Parser<T>, texts: readonly string[]): readonly (T | 'no')[] {
  return texts.map((text) => {
    const parsed = parse(text);
    return parsed.ok ? parsed.value : 'no';
  });
}

function refused<T>(parse: Parser<T>, texts: readonly string[]): readonly string[] {
  return texts.filter((text) => !parse(text).ok);
}

describe('addresses to listen on', () => {
  test.each([
    ['127.0.0.1:8086', '127.0.0.1', 8086],
    ['[::1]:8086', '::1', 8086],
    ['[::]:0', '::', 0],
    ['localhost:65535', 'localhost', 65_535],
    ['Conduit.Example.com:1', 'Conduit.Example.com', 1],
    [':8086', undefined, 8086],
    [':0', undefined, 0],
  ])('%s', (text, host, port) => {
    expect(listenAddress(text)).toEqual({ ok: true, value: { host, port } });
  });

  test('nothing else', () => {
    const texts = ['', ':', '8086', 'localhost', 'localhost:', '::1:80', '[::1]', '[::1', '[127.0.0.1]:80'];
    const more = [':65536', ':99999', ':123456', ':-1', ':+1', ':http', ':80 ', '256.0.0.1:80', '1.2.3:80'];
    const most = ['http://localhost:80', 'a b:80', '-a:80', '[]:80', 'a..b:80', 'fe80::1%eth0:80'];
    expect(refused(listenAddress, [...texts, ...more, ...most])).toEqual([...texts, ...more, ...most]);
  });
});

test('addresses to connect to have a host, and a port that is one', () => {
  expect(read(dialAddress, ['127.0.0.1:8086', '[::1]:1', ':8086', 'localhost:0', '[]:80'])).toEqual([
    { host: '127.0.0.1', port: 8086 },
    { host: '::1', port: 1 },
    'no',
    'no',
    'no',
  ]);
  expect(formatHostPort({ host: '::1', port: 80 })).toBe('[::1]:80');
  expect(formatHostPort({ host: 'localhost', port: 80 })).toBe('localhost:80');
});

test('an address, or the word off', () => {
  expect(read(orOff(listenAddress), [':4190', 'off', 'OFF', 'none', ''])).toEqual([
    { host: undefined, port: 4190 },
    'off',
    'no',
    'no',
    'no',
  ]);
  expect(orOff(dialAddress)(':80')).toEqual({
    ok: false,
    expected: 'HOST:PORT such as 127.0.0.1:8086, [::1]:8086 or localhost:8086, or off',
  });
});

test('what can be off is so by that word alone', () => {
  expect(read(orOff(dialAddress), ['off', 'localhost:1', 'OFF', ''])).toEqual([
    'off',
    { host: 'localhost', port: 1 },
    'no',
    'no',
  ]);
  expect(orOff(dialAddress)('on')).toEqual({ ok: false, expected: expect.stringMatching(/, or off$/) });
});

test('durations', () => {
  const parse = duration({ min: { ms: 1 } });
  const texts = ['1ms', '500ms', '10s', '1m30s', '1.5h', '0.5ms', '24h'];
  expect(read(parse, texts)).toEqual(
    [1, 500, 10_000, 90_000, 5_400_000, 1, 86_400_000].map((ms) => ({ ms })),
  );
  const wrong = ['', '10', 's', '-1s', '1 s', '1d', '0s', '0.1ms', '25h', '1s ', '1s2', '1e3s', '1.s', '.5s'];
  expect(refused(parse, wrong)).toEqual(wrong);
  expect(duration({ min: { ms: 0 } })('0s')).toEqual({ ok: true, value: { ms: 0 } });
});

test('DNS names and namespaces', () => {
  const names = ['cluster.local', 'local', 'a-b.c1', '1.example'];
  expect(refused(dnsName, names)).toEqual([]);
  const label = 'a'.repeat(63);
  const wrong = [
    '',
    '.',
    'cluster.local.',
    '.local',
    'a..b',
    'Cluster.local',
    'a_b',
    '-a',
    'a-',
    `${label}a`,
  ];
  expect(refused(dnsName, wrong)).toEqual(wrong);
  expect(refused(dnsName, [`${label}.${label}.${label}.${label}`])).toHaveLength(1);
  expect(refused(namespace, ['conduit', 'a.b', 'A', ''])).toEqual(['a.b', 'A', '']);
});

test('words, lists of words, numbers and booleans', () => {
  expect(read(oneOf('a', 'b'), ['a', 'b', 'A', '', 'a,b'])).toEqual(['a', 'b', 'no', 'no', 'no']);
  expect(read(someOf('a', 'b'), ['a', 'b,a', 'a, b', 'a,a', 'a,c', '', 'a,'])).toEqual([
    ['a'],
    ['a', 'b'],
    ['a', 'b'],
    ['a'],
    'no',
    'no',
    'no',
  ]);
  expect(
    read(integer({ min: 1, max: 10 }), ['1', '10', '0', '11', '-1', '1.5', '', '0x1', ' 1', '1e1']),
  ).toEqual([1, 10, ...Array.from({ length: 8 }, () => 'no')]);
  expect(read(boolean, ['true', 'false', 'TRUE', '1', ''])).toEqual([true, false, 'no', 'no', 'no']);
});

test('context tokens are those that say something', () => {
  const good = ['{"ns":"shop"}', '{"ns":"shop","nodeName":"node-1","pod":"web-1"}\n', 'ns:shop'];
  expect(read(contextToken, good)).toEqual(good);
  const wrong = ['', '{}', '[]', 'null', '{"node":"node-1"}', '{"ns":1}', '{"ns":"shop"', 'shop'];
  expect(refused(contextToken, wrong)).toEqual(wrong);
});

test('URLs of HTTP APIs', () => {
  expect(
    read(httpUrl, [
      'http://prometheus.monitoring:9090',
      'https://example.org/prometheus//',
      'HTTP://[::1]:9090/',
      'http://me:p%40ss@host',
    ]),
  ).toEqual([
    'http://prometheus.monitoring:9090',
    'https://example.org/prometheus',
    'http://[::1]:9090',
    'http://me:p%40ss@host',
  ]);
  const wrong = [
    '',
    'prometheus:9090',
    'ftp://host',
    'http://',
    'http://host/?query=1',
    'http://host/#graph',
    'http://me:%ff@host',
    'http://host:99999',
  ];
  expect(refused(httpUrl, wrong)).toEqual(wrong);
});
