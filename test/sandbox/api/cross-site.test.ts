import { expect, test } from 'vitest';
import { isCrossSite } from '../../../src/sandbox/api/cross-site.js';
import { testApi } from './kit.js';

const local = { localAddress: '127.0.0.1', origin: undefined };

test.each([
  [{ ...local, host: '127.0.0.1:8080' }, false],
  [{ ...local, host: '127.4.5.6' }, false],
  [{ ...local, host: 'localhost:8080' }, false],
  [{ ...local, host: undefined }, false],
  [{ ...local, host: '[::]:8080' }, false],
  [{ ...local, host: '0.0.0.0:8080' }, false],
  [{ ...local, host: '[::1]:8080', localAddress: '::1' }, false],
  [{ ...local, host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' }, false],
  [{ ...local, host: '127.0.0.1:8080', origin: 'https://evil.example' }, true],
  [{ ...local, host: '127.0.0.1:8080', origin: 'null' }, true],
  [{ ...local, host: 'evil.example:8080' }, true],
  [{ ...local, host: '127.0.0.1.evil.example' }, true],
  [{ ...local, host: 'evil.example', localAddress: '::ffff:127.0.0.1' }, true],
  [{ ...local, host: 'sandbox.example', localAddress: '10.0.0.1' }, false],
])('%j: %s', (request, expected) => {
  expect(isCrossSite(request)).toBe(expected);
});

test('a page of another site is refused', async () => {
  const { send } = await testApi();
  const headers = { origin: 'https://evil.example', 'content-type': 'application/json' };
  const answer = await send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'a' } }, headers });
  expect(answer).toMatchObject({ code: 403, body: { kind: 'Status', reason: 'Forbidden' } });
});
