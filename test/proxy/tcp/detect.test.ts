import { expect, test } from 'vitest';
import { detectProtocol } from '../../../src/proxy/tcp/detect.js';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

test.each([
  ['GET / HTTP/1.1\r\n', 'http1'],
  ['GET / HTTP/1.0\n', 'http1'],
  ['M-SEARCH * HTTP/1.1\r\nHost', 'http1'],
  [`POST /${'a'.repeat(9_000)}`, 'http1'],
  [preface, 'http2'],
  [`${preface}\0\0\x12\x04`, 'http2'],
  ['get key\r\n', 'opaque'],
  ['EHLO example.com\r\n', 'opaque'],
  ['PING\r\n', 'opaque'],
  ['*1\r\n$4\r\nPING\r\n', 'opaque'],
  ['\x16\x03\x01\x02\x00', 'opaque'],
  ['SSH-2.0-OpenSSH_9.6\r\n', 'opaque'],
  ['GET / HTTP/2.0\r\n', 'opaque'],
  ['a'.repeat(33), 'opaque'],
  [' ', 'opaque'],
  ['', 'undecided'],
  ['G', 'undecided'],
  ['PRI', 'undecided'],
  ['PRI * HTTP/2.0\r\n', 'undecided'],
  ['GET ', 'undecided'],
  ['GET /path', 'undecided'],
  ['GET /path HTT', 'undecided'],
] as const)('%j is %s', (text, expected) => {
  expect(detectProtocol(Buffer.from(text, 'latin1'))).toBe(expected);
});

test('every beginning of a request line and of the preface is undecided', () => {
  for (const text of ['OPTIONS http://web:80/a?b=c HTTP/1.1\r\n', preface]) {
    const bytes = Buffer.from(text, 'latin1');
    const seen = new Set<string>();
    for (let length = 0; length < bytes.length; length++) seen.add(detectProtocol(bytes.subarray(0, length)));
    expect([...seen]).toEqual(['undecided']);
  }
});
