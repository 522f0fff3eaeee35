import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Writable } from 'node:stream';
import { Counter, Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AdminServerOptions, createAdminServer, type Readiness } from '../../src/runtime/admin.js';
import { createLogger } from '../../src/runtime/log.js';

async function runAdmin(options: Partial<AdminServerOptions> = {}) {
  const errors: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      errors.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const registry = new Registry();
  const server = await createAdminServer({
    address: { host: '127.0.0.1', port: 0 },
    registry,
    log: createLogger({ level: 'error', format: 'json', destination }),
    readiness: () => ({ ready: true, conditions: [] }),
    ...options,
  });
  onTestFinished(() => server.close());
  const request = async (path: string, init?: RequestInit & { host?: string }) => {
    const response = await fetch(`http://${init?.host ?? '127.0.0.1'}:${server.port}${path}`, init);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      length: response.headers.get('content-length'),
      allow: response.headers.get('allow'),
      body: await response.text(),
    };
  };
  return { server, registry, request, errors };
}

const text = 'text/plain; charset=utf-8';
const json = 'application/json; charset=utf-8';

describe('/live', () => {
  test('is ok whatever readiness says', async () => {
    const { request } = await runAdmin({ readiness: () => ({ ready: false, conditions: [] }) });
    expect(await request('/live')).toMatchObject({ status: 200, type: text, body: 'ok\n' });
  });
});

describe('/ready', () => {
  const stale: Readiness = {
    ready: true,
    conditions: [
      { name: 'synced', ok: true, detail: 'pods, services' },
      { name: 'fresh', ok: false, detail: 'pods: last event 94 s ago' },
    ],
  };

  test('is 200 when ready, and says what is stale', async () => {
    const { request } = await runAdmin({ readiness: () => stale });
    const { status, type, body } = await request('/ready');
    expect({ status, type, body: JSON.parse(body) }).toEqual({ status: 200, type: json, body: stale });
  });

  test('is 503 when not, and says why', async () => {
    let readiness: Readiness = {
      ready: false,
      conditions: [{ name: 'synced', ok: false, detail: 'waiting for: pods, services' }],
    };
    const { request } = await runAdmin({ readiness: () => readiness });
    const { status, body } = await request('/ready');
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 503, body: readiness });
    readiness = stale;
    expect((await request('/ready')).status).toBe(200);
  });

  test('is 500 when it can’t be told; the cause goes to the log', async () => {
    const { request, errors } = await runAdmin({
      readiness() {
        throw new Error('a bug');
      },
    });
    expect(await request('/ready')).toMatchObject({ status: 500, body: 'internal error\n' });
    expect(errors).toEqual([
      expect.objectContaining({
        msg: 'admin request failed',
        url: '/ready',
        err: expect.objectContaining({ message: 'a bug' }),
      }),
    ]);
  });
});

describe('/metrics', () => {
  test('is the registry, in its content type', async () => {
    const { request, registry } = await runAdmin();
    new Counter({ name: 'c_total', help: 'h', registers: [registry] }).inc(3);
    const { status, type, body } = await request('/metrics');
    expect({ status, type }).toEqual({ status: 200, type: registry.contentType });
    expect(body).toContain('c_total 3');
  });

  test('is 500 when a metric fails', async () => {
    const { request, registry } = await runAdmin();
    const failing = new Counter({
      name: 'c_total',
      help: 'h',
      registers: [registry],
      collect() {
        throw new Error('a bug');
      },
    });
    expect(failing).toBeDefined();
    expect(await request('/metrics')).toMatchObject({ status: 500, body: 'internal error\n' });
  });
});

describe('/debug', () => {
  const debug = {
    tables: () => new Map([['pods', { size: 2n, names: new Set(['a']) }]]),
    nothing: () => undefined,
    failure: () => ({ last: new Error('gone', { cause: new Error('reset') }) }),
    broken: () => {
      const cycle: unknown[] = [];
      cycle.push(cycle);
      return cycle;
    },
  };

  test('writes bigints, maps, sets and errors', async () => {
    const { request } = await runAdmin({ debug });
    const tables = await request('/debug/tables');
    expect(tables).toMatchObject({ status: 200, type: json });
    expect(JSON.parse(tables.body)).toEqual({ pods: { size: '2', names: ['a'] } });
    expect(await request('/debug/nothing')).toMatchObject({ status: 200, body: 'null\n' });
    expect(JSON.parse((await request('/debug/failure')).body)).toEqual({
      last: { name: 'Error', message: 'gone', cause: { name: 'Error', message: 'reset' } },
    });
  });

  test('is 500 for what can’t be written, 404 for what isn’t there', async () => {
    const { request } = await runAdmin({ debug });
    expect((await request('/debug/broken')).status).toBe(500);
    for (const path of ['/debug/none', '/debug/', '/debug', '/debug/toString', '/debug/__proto__']) {
      expect(await request(path)).toMatchObject({ status: 404 });
    }
  });

  const outward = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

  test.skipIf(outward === undefined)('is for loopback peers only', async () => {
    const { request } = await runAdmin({ address: { host: undefined, port: 0 }, debug });
    const host = outward!;
    expect(await request('/debug/tables', { host })).toMatchObject({
      status: 403,
      body: 'served to loopback only\n',
    });
    expect((await request('/live', { host })).status).toBe(200);
    // An IPv4 peer of a dual-stack listener: ::ffff:127.0.0.1.
    expect((await request('/debug/tables')).status).toBe(200);
  });
});

describe('the rest', () => {
  test('/ lists what there is', async () => {
    const { request } = await runAdmin({ debug: { tables: () => 1, views: () => 1 } });
    expect(await request('/')).toMatchObject({
      status: 200,
      body: '/live\n/ready\n/metrics\n/debug/tables\n/debug/views\n',
    });
  });

  test('queries are not read, unknown paths are 404', async () => {
    const { request } = await runAdmin();
    expect((await request('/live?verbose=1')).status).toBe(200);
    expect(await request('/livex')).toMatchObject({ status: 404, type: text, body: 'not found\n' });
    expect((await request('//live')).status).toBe(404);
  });

  test('HEAD has the head of GET', async () => {
    const { request } = await runAdmin();
    expect(await request('/live', { method: 'HEAD' })).toMatchObject({ status: 200, length: '3', body: '' });
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not for us', async (method) => {
    const { request } = await runAdmin();
    expect(await request('/live', { method })).toMatchObject({ status: 405, allow: 'GET, HEAD' });
    expect(await request('/nope', { method })).toMatchObject({ status: 404 });
  });

  test('what is not HTTP gets 400, and the server lives', async () => {
    const { server, request } = await runAdmin();
    const socket = connect(server.port, '127.0.0.1');
    socket.end('\u0016\u0003\u0001 hello\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    await new Promise((resolve) => socket.on('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await request('/live')).status).toBe(200);
  });

  test('an address in use is one clear error', async () => {
    const { server } = await runAdmin();
    await expect(runAdmin({ address: { host: '127.0.0.1', port: server.port } })).rejects.toThrow(
      `cannot listen on ${server.address}: the address is already in use`,
    );
  });

  test('close lets a request in flight finish, cuts one that hangs, and drops idle connections', async () => {
    const { server } = await runAdmin();
    const idle = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => idle.on('connect', resolve));
    idle.write('GET /live HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    const half = connect(server.port, '127.0.0.1');
    half.on('error', () => {});
    half.write('GET /live HTTP/1.1\r\n');
    const gone = [idle, half].map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    await server.close();
    await Promise.all(gone);
    expect(half.destroyed).toBe(true);
  });
});
