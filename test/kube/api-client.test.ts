import { once } from 'node:events';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ApiClient, type ApiRequest } from '../../src/kube/api-client.js';
import { ApiError, parseRetryAfter } from '../../src/kube/api-error.js';
import type { Cluster, CredentialSource } from '../../src/kube/cluster.js';
import { type Credentials, noCredentials } from '../../src/kube/credentials.js';
import { rawStatus } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { ManualClock } from './manual-clock.js';
import { ScriptedServer } from './scripted-server.js';
import { certificate, privateKey } from './tls-identity.js';

const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const each of cleanup.splice(0).reverse()) await each();
});

function clientOf(
  server: string,
  credentials: Partial<CredentialSource> = {},
  clock = new ManualClock(),
): ApiClient {
  const cluster: Cluster = {
    server: new URL(server),
    description: 'test',
    credentials: { get: async () => noCredentials, renew: async (rejected) => rejected, ...credentials },
  };
  const client = new ApiClient({ cluster, clock });
  cleanup.push(() => client.close());
  return client;
}

async function scripted(): Promise<ScriptedServer> {
  const server = await ScriptedServer.start();
  cleanup.push(() => server.close());
  return server;
}

function get(path: string, options: Partial<ApiRequest> = {}): ApiRequest {
  return { path, signal: new AbortController().signal, ...options };
}

function bearer(token: string): Credentials {
  return { ...noCredentials, headers: { authorization: `Bearer ${token}` } };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => new Error('it worked'),
    (reason: unknown) => reason,
  );
  return error instanceof ApiError ? { ...error.failure, message: error.message } : error;
}

describe('requests', () => {
  test('path, query and headers, under the path of the server', async () => {
    const server = await scripted();
    const answer = clientOf(`${server.url}/k8s/clusters/c-1/`).getJson(
      get('/api/v1/pods', { query: { labelSelector: 'a=b,c', limit: '5' }, accept: 'application/json;as=X' }),
    );
    const ask = await server.next();
    expect(ask.path).toBe('/k8s/clusters/c-1/api/v1/pods');
    expect(ask.query).toEqual({ labelSelector: 'a=b,c', limit: '5' });
    expect(ask.headers).toMatchObject({ accept: 'application/json;as=X', 'user-agent': 'conduit' });
    ask.json({ a: 'ü' });
    expect(await answer).toEqual({ a: 'ü' });
  });

  test('share a connection, one after the other', async () => {
    const server = await scripted();
    const client = clientOf(server.url);
    for (let each = 0; each < 3; each += 1) {
      const answer = client.getJson(get('/'));
      (await server.next()).json(each);
      expect(await answer).toBe(each);
      expect(await server.connections()).toBe(1);
    }
  });

  test('one that met a connection which the server was just closing is sent again', async () => {
    let connections = 0;
    const server = net.createServer((socket) => {
      connections += 1;
      const closesOnSecond = connections === 1;
      let requests = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        requests += 1;
        if (closesOnSecond && requests === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanup.push(() => server.close());
    const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await client.getJson(get('/'))).toBe(1);
    expect(await client.getJson(get('/'))).toBe(1);
    expect(connections).toBe(2);
    client.close();
  });

  test('a refusal tells status, reason, message and delay', async () => {
    const server = await scripted();
    const client = clientOf(server.url);
    const first = failureOf(client.getJson(get('/')));
    (await server.next()).json(rawStatus(429, 'TooManyRequests', 'slow down'), 429, { 'retry-after': '3' });
    expect(await first).toEqual({
      kind: 'refused',
      status: 429,
      reason: 'TooManyRequests',
      retryAfterMs: 3_000,
      message: 'slow down',
    });
    const second = failureOf(client.getJson(get('/')));
    const ask = await server.next();
    ask.json('a page of a load balancer', 502);
    expect(await second).toEqual({
      kind: 'refused',
      status: 502,
      reason: '',
      retryAfterMs: undefined,
      message: 'status 502',
    });
  });

  test('a server that isn’t there', async () => {
    const server = await ScriptedServer.start();
    const { url } = server;
    await server.close();
    expect(await failureOf(clientOf(url).getJson(get('/')))).toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a body that isn’t JSON, or too long', async () => {
    const server = await scripted();
    const client = clientOf(server.url);
    const text = failureOf(client.getJson(get('/')));
    const ask = await server.next();
    ask.grant();
    ask.raw('{');
    ask.end();
    expect(await text).toMatchObject({ kind: 'malformed' });
    const long = failureOf(client.getJson(get('/'), { maxBytes: 10 }));
    (await server.next()).json('x'.repeat(20));
    expect(await long).toMatchObject({ kind: 'malformed', message: 'the response exceeds 10 bytes' });
  });

  test('can be ended at any point', async () => {
    const server = await scripted();
    const clock = new ManualClock();
    const client = clientOf(server.url, {}, clock);
    const before = new AbortController();
    before.abort();
    expect(await failureOf(client.getJson(get('/', { signal: before.signal })))).toMatchObject({
      kind: 'connection',
    });

    const waiting = new AbortController();
    const first = failureOf(client.getJson(get('/', { signal: waiting.signal })));
    const unanswered = await server.next();
    waiting.abort();
    expect(await first).toMatchObject({ kind: 'connection' });
    await until(() => unanswered.closed);

    const reading = new AbortController();
    const second = failureOf(client.getJson(get('/', { signal: reading.signal })));
    const begun = await server.next();
    begun.grant();
    begun.raw('{');
    await until(() => clock.pending === 1);
    reading.abort();
    expect(await second).toMatchObject({ kind: 'connection' });
    await until(() => begun.closed);
    expect(clock.pending).toBe(0);
  });
});

describe('credentials', () => {
  test('a 401 makes for one more attempt, with new ones', async () => {
    const server = await scripted();
    const renewals: Credentials[] = [];
    const old = bearer('old');
    const client = clientOf(server.url, {
      get: async () => old,
      async renew(rejected) {
        renewals.push(rejected);
        return bearer('new');
      },
    });
    const answer = client.getJson(get('/'));
    const first = await server.next();
    expect(first.headers.authorization).toBe('Bearer old');
    first.json(rawStatus(401, 'Unauthorized'), 401);
    const second = await server.next();
    expect(second.headers.authorization).toBe('Bearer new');
    second.json('fine');
    expect(await answer).toBe('fine');
    expect(renewals).toEqual([old]);
  });

  test('a second 401 is final', async () => {
    const server = await scripted();
    const answer = failureOf(clientOf(server.url, { renew: async () => bearer('new') }).getJson(get('/')));
    (await server.next()).json(rawStatus(401, 'Unauthorized'), 401);
    (await server.next()).json(rawStatus(401, 'Unauthorized'), 401);
    expect(await answer).toMatchObject({ kind: 'refused', status: 401 });
    expect(server.waiting).toBe(0);
  });

  test('without others to try, the first 401 is', async () => {
    const server = await scripted();
    const answer = failureOf(clientOf(server.url).getJson(get('/')));
    (await server.next()).json(rawStatus(401, 'Unauthorized'), 401);
    expect(await answer).toMatchObject({ kind: 'refused', status: 401 });
    expect(server.asks).toHaveLength(1);
  });
});

describe('TLS', () => {
  async function secure(options: https.ServerOptions = {}): Promise<string> {
    const server = https.createServer({ cert: certificate, key: privateKey, ...options }, (_, response) =>
      response.end('"secure"'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanup.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function withTls(tls: Credentials['tls']): Partial<CredentialSource> {
    return { get: async () => ({ ...noCredentials, tls }) };
  }

  test('the server is verified by the given authority', async () => {
    const url = await secure();
    expect(await clientOf(url, withTls({ ca: certificate })).getJson(get('/'))).toBe('secure');
    expect(await failureOf(clientOf(url).getJson(get('/')))).toMatchObject({ kind: 'connection' });
    expect(await clientOf(url, withTls({ rejectUnauthorized: false })).getJson(get('/'))).toBe('secure');
  });

  test('a client certificate is shown', async () => {
    const url = await secure({ ca: certificate, requestCert: true, rejectUnauthorized: true });
    const tls = { ca: certificate, cert: certificate, key: privateKey };
    expect(await clientOf(url, withTls(tls)).getJson(get('/'))).toBe('secure');
    expect(await failureOf(clientOf(url, withTls({ ca: certificate })).getJson(get('/')))).toMatchObject({
      kind: 'connection',
    });
  });
});

describe('Retry-After', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z');

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['0', 0],
    ['7', 7_000],
    ['86400', 300_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 23:00:00 GMT', 300_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ])('%s', (header, expected) => {
    expect(parseRetryAfter(header, nowMs)).toBe(expected);
  });
});
