import { Agent, get as httpGet } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createApiServer } from '../../../src/sandbox/api/server.js';
import { Store } from '../../../src/sandbox/store/store.js';
import { namespaces, testStore } from '../store/kit.js';
import { testApi } from './kit.js';

const log = pino({ level: 'silent' });

test('listens on loopback, and makes the namespaces that every cluster has', async () => {
  const { api, store } = await testApi({ store: new Store() });
  expect(api.url).toBe(`http://127.0.0.1:${api.port}`);
  expect(store.list(namespaces).map(({ metadata }) => metadata.name)).toStrictEqual([
    'default',
    'kube-node-lease',
    'kube-public',
    'kube-system',
  ]);
});

test('leaves namespaces as they are that are there already', async () => {
  const store = testStore();
  const first = await testApi({ store });
  const version = first.store.resourceVersion;
  await testApi({ store });
  expect(store.resourceVersion).toBe(version);
});

test('has a URL that leads to it, also where it listens on all addresses', async () => {
  for (const address of ['0.0.0.0', '::', '127.3.4.5']) {
    const api = await createApiServer({ store: new Store(), log, address });
    onTestFinished(() => api.close());
    const response = await fetch(`${api.url}/readyz`);
    expect(await response.text()).toBe('ok');
  }
});

test('rejects where the port is taken', async () => {
  const { api } = await testApi();
  const second = createApiServer({ store: new Store(), log, port: api.port });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('close ends watches, held requests and idle connections', async () => {
  const { api, watch, get } = await testApi();
  const watched = await watch('/api/v1/pods?watch=true');
  await get('/version');
  api.faults.hang({ newRequests: 'held' });
  const held = get('/version').catch(() => 'ended');
  await api.close();
  await watched.ended();
  await held;
  expect(api.openWatches()).toBe(0);
  await expect(fetch(`${api.url}/readyz`)).rejects.toThrow(/fetch failed/);
});

test('keeps connections for the next request', async () => {
  const { api } = await testApi();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
  });
  const ports: (number | undefined)[] = [];
  for (let count = 0; count < 3; count += 1) {
    await new Promise<void>((resolve, reject) => {
      const request = httpGet(`${api.url}/api/v1/pods`, { agent }, (response) => {
        ports.push(response.socket.localPort);
        response.resume().on('end', resolve);
      });
      request.on('error', reject);
    });
  }
  expect(new Set(ports).size).toBe(1);
});

test('a client that goes away in the middle of its request is no bug', async () => {
  const errors: string[] = [];
  const logged = pino({ level: 'error' }, { write: (line: string) => errors.push(line) });
  const { api, get } = await testApi({ log: logged });
  const socket = connect(api.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('POST /api/v1/namespaces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{');
  await new Promise((resolve) => socket.once('ready', resolve));
  await get('/readyz');
  socket.resetAndDestroy();
  await get('/readyz');
  await get('/readyz');
  expect(errors).toStrictEqual([]);
});

test('a bug is answered with 500, logged, and ends nothing else', async () => {
  const errors: unknown[] = [];
  const logged = pino({ level: 'error' }, { write: (line: string) => errors.push(JSON.parse(line)) });
  const authorizer = {
    reviewToken: () => {
      throw new Error('a bug');
    },
    reviewAccess: () => ({ allowed: true }),
  };
  const { send, get } = await testApi({ log: logged, authorizer });
  const answer = await send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: {} } });
  expect(answer).toMatchObject({ code: 500, body: { kind: 'Status', reason: 'InternalError' } });
  expect(errors).toMatchObject([{ msg: 'request failed', err: { message: 'a bug' } }]);
  expect((await get('/readyz')).code).toBe(200);
});
