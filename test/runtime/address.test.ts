import { expect, test } from 'vitest';
import { formatBoundAddress, formatListenAddress } from '../../src/runtime/address.js';

test.each([
  { text: '127.0.0.1:8086', host: '127.0.0.1', port: 8086 },
  { text: ':9990', host: undefined, port: 9990 },
  { text: 'localhost:0', host: 'localhost', port: 0 },
  { text: '[::1]:8085', host: '::1', port: 8085 },
])('an address to listen on is written $text', ({ text, host, port }) => {
  expect(formatListenAddress({ host, port })).toBe(text);
});

test('a bound address is written with its port', () => {
  expect(formatBoundAddress({ address: '127.0.0.1', family: 'IPv4', port: 80 })).toBe('127.0.0.1:80');
  expect(formatBoundAddress({ address: '::', family: 'IPv6', port: 80 })).toBe('[::]:80');
});
