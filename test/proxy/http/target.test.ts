import { expect, test } from 'vitest';
import { parseTarget } from '../../../src/proxy/http/target.js';

test.each([
  ['GET', '/a?b', 'web', { scheme: 'http', authority: 'web', path: '/a?b' }],
  ['GET', '/', undefined, { scheme: 'http', authority: '', path: '/' }],
  ['OPTIONS', '*', 'web:80', { scheme: 'http', authority: 'web:80', path: '*' }],
  ['GET', 'http://web:8080/a', 'other', { scheme: 'http', authority: 'web:8080', path: '/a' }],
  ['GET', 'HTTPS://web', undefined, { scheme: 'https', authority: 'web', path: '/' }],
  ['GET', 'http://web?q', undefined, { scheme: 'http', authority: 'web', path: '/?q' }],
  ['OPTIONS', 'http://web', undefined, { scheme: 'http', authority: 'web', path: '*' }],
  ['GET', 'http://user:secret@web/a', undefined, { scheme: 'http', authority: 'web', path: '/a' }],
  ['CONNECT', 'web:443', 'web:443', { scheme: 'http', authority: 'web:443', path: '' }],
  ['GET', 'http://[::1]:80/', undefined, { scheme: 'http', authority: '[::1]:80', path: '/' }],
  ['CONNECT', '/a', 'web', undefined],
  ['GET', 'a', 'web', undefined],
  ['GET', '/', 'web/evil', undefined],
  ['GET', '/', 'web evil', undefined],
  ['GET', 'http:///a', undefined, undefined],
])('%s %s with Host %s', (method, target, host, expected) => {
  expect(parseTarget(method, target, host)).toEqual(expected);
});
