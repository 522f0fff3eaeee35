import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ApiConnection, connectToApi } from '../../src/commands/api-connection.js';
import type { Io } from '../../src/commands/io.js';
import * as kinds from '../../src/sandbox/controllers/kinds.js';
import type { Store } from '../../src/sandbox/store/store.js';
import { writeKubeconfig } from '../kit/kubeconfig.js';
import { until } from '../kit/until.js';
import { testApi } from '../sandbox/api/kit.js';
import { namespaces, objectOf, testStore, written } from '../sandbox/store/kit.js';

const io: Io = {
  stdout: { write: () => true },
  stderr: { write: () => true },
  env: {},
  signal: new AbortController().signal,
  isTty: false,
  columns: 80,
};

/** A cluster with a control plane whose only pod is a server that sends back what it gets. */
async function lab() {
  const echo = net.createServer({ allowHalfOpen: false }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const sockets = new Set<net.Socket>();
  echo.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    echo.close();
  });
  const store = testStore();
  written(store.create(namespaces, objectOf(namespaces, 'conduit')));
  const { api } = await testApi({ store });
  const folder = mkdtempSync(join(tmpdir(), 'conduit-access-'));
  const config = {
    apiAddr: undefined,
    kubeconfig: writeKubeconfig(folder, api.url),
    context: undefined,
    controllerNamespace: 'conduit',
  };
  return { store, api, echo, sockets, folder, config, port: (echo.address() as AddressInfo).port };
}

function addPod(store: Store, port: number, isReady = true): void {
  const pod = {
    metadata: {
      namespace: 'conduit',
      labels: { 'conduit.io/control-plane-component': 'controller' },
    },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'c', image: 'conduit', ports: [{ name: 'api', containerPort: port }] }],
    },
  };
  const object = written(store.create(kinds.pods, objectOf(kinds.pods, 'controller-1', pod)));
  const status = {
    phase: 'Running',
    podIP: '127.0.0.1',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
  };
  written(store.update(kinds.pods, { ...object, status }, { subresource: 'status' }));
}

async function connected(config: Parameters<typeof connectToApi>[0]): Promise<ApiConnection> {
  const told = await connectToApi(config, io);
  if (!told.ok) throw new Error(told.problem);
  onTestFinished(() => told.value.close());
  return told.value;
}

function dial(address: string): net.Socket {
  const socket = net.connect({ host: '127.0.0.1', port: Number(address.split(':')[1]) });
  socket.on('error', () => socket.destroy());
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

test('an address that is given is taken, and nobody else is asked', async () => {
  const { config, api } = await lab();
  const apiAddr = { host: '127.0.0.1', port: 1 };
  const connection = await connected({ ...config, apiAddr });
  expect(connection.address).toBe('127.0.0.1:1');
  expect(await connection.token({ token: undefined, tokenFile: undefined })).toEqual({
    ok: true,
    value: undefined,
  });
  expect(api.traffic.requests()).toBe(0);
});

test('without a kubeconfig, the control plane is on this machine', async () => {
  const told = await connectToApi(
    { apiAddr: undefined, kubeconfig: undefined, context: undefined, controllerNamespace: 'conduit' },
    { ...io, env: { KUBECONFIG: '/nonexistent/a:/nonexistent/b' } },
  );
  expect(told).toMatchObject({ ok: true, value: { address: '127.0.0.1:8085' } });
});

test('bytes go through the API server to the pod and back, on several connections', async () => {
  const { store, port, config } = await lab();
  addPod(store, port);
  const { address } = await connected(config);
  // More than what either side takes at once.
  const sent = Buffer.alloc(8 << 20, 'conduit ');
  const echoes = await Promise.all(
    [1, 2].map(async () => {
      const socket = dial(address);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.write(sent);
      await until(() => chunks.reduce((sum, { length }) => sum + length, 0) >= sent.length);
      return Buffer.concat(chunks);
    }),
  );
  expect(echoes.map((echo) => echo.equals(sent))).toEqual([true, true]);
});

test('one end that goes takes the other with it', async () => {
  const { store, port, config, sockets } = await lab();
  addPod(store, port);
  const { address } = await connected(config);
  const first = dial(address);
  first.write('a');
  await once(first, 'data');
  first.destroy();
  await until(() => [...sockets].every(({ destroyed }) => destroyed));

  const second = dial(address);
  second.write('b');
  await once(second, 'data');
  for (const socket of sockets) socket.destroy();
  await once(second, 'close');
  expect([first.destroyed, second.destroyed, sockets.size]).toEqual([true, true, 2]);
});

test('a pod that nobody listens in says so', async () => {
  const { store, port, config, echo } = await lab();
  addPod(store, port);
  echo.close();
  const connection = await connected(config);
  const socket = dial(connection.address);
  await once(socket, 'close');
  expect(connection.problem()).toMatch(
    /^the port-forward to pod conduit\/controller-1 broke: error forwarding port \d+: connect ECONNREFUSED/,
  );
});

test('an API server that goes away breaks the connections through it', async () => {
  const { store, port, config, api } = await lab();
  addPod(store, port);
  const connection = await connected(config);
  const socket = dial(connection.address);
  socket.write('a');
  await once(socket, 'data');
  await api.close();
  await once(socket, 'close');
  expect(connection.problem()).toBe(
    'the port-forward to pod conduit/controller-1 broke: the connection to the pod broke',
  );
});

test('what is missing is named', async () => {
  const { store, port, config, api, folder } = await lab();
  const cluster = `namespace conduit of context ctx of ${config.kubeconfig}`;
  expect(await connectToApi(config, io)).toEqual({
    ok: false,
    problem: `no control plane found in ${cluster}; is it installed? --api-addr names one directly`,
  });
  addPod(store, port, false);
  expect(await connectToApi(config, io)).toEqual({
    ok: false,
    problem: `none of the 1 pods of the control plane in ${cluster} is ready`,
  });
  const absent = join(folder, 'absent');
  expect(await connectToApi({ ...config, kubeconfig: absent }, io)).toMatchObject({ ok: false });
  await api.close();
  const told = await connectToApi(config, io);
  expect(told.ok ? '' : told.problem).toMatch(/^no way to the control plane in namespace conduit of .*ECONN/);
});

test("a token is the user's own, else one of conduit-tap", async () => {
  const { store, port, config, folder } = await lab();
  addPod(store, port);
  const connection = await connected(config);
  const file = join(folder, 'token');
  writeFileSync(file, 'from-file\n');
  expect(await connection.token({ token: 'given', tokenFile: file })).toEqual({ ok: true, value: 'given' });
  expect(await connection.token({ token: undefined, tokenFile: file })).toEqual({
    ok: true,
    value: 'from-file',
  });
  const missing = await connection.token({ token: undefined, tokenFile: `${file}s` });
  expect(missing.ok ? '' : missing.problem).toMatch(/^no token: ENOENT/);

  const none = { token: undefined, tokenFile: undefined };
  expect(await connection.token(none)).toEqual({
    ok: false,
    problem:
      'no token of service account conduit/conduit-tap for the audience tap.conduit.io: serviceaccounts "conduit-tap" not found; --token or --token-file give one',
  });
  const metadata = { namespace: 'conduit' };
  written(store.create(kinds.serviceAccounts, objectOf(kinds.serviceAccounts, 'conduit-tap', { metadata })));
  const asked = await connection.token(none);
  const [, claims = ''] = (asked.ok ? (asked.value ?? '') : '').split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    sub: 'system:serviceaccount:conduit:conduit-tap',
    aud: ['tap.conduit.io'],
  });
});
