import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { explainEndpoints, explainProfile } from '../../src/client/explain.js';
import { apiServer } from '../kit/api.js';
import { bareBackend, serviceRow, sliceRow } from '../kit/rows.js';

const authority = 'web.shop.svc.cluster.local';

function question(address: string, signal = new AbortController().signal) {
  return { address, authority, signal, timeoutMs: 5_000 };
}

test('brings explanations, however large, and the server’s words where there is none', async () => {
  const { mesh, address, close } = await apiServer();
  onTestFinished(close);
  const failure = { code: 'NOT_FOUND', message: 'Service web.shop not found' };
  expect(await explainEndpoints(question(address))).toEqual({ ok: false, failure });
  expect(await explainProfile(question(address))).toEqual({ ok: false, failure });

  const backends = Array.from({ length: 40_000 }, (_, nth) => {
    const octets = [10, nth >> 16, (nth >> 8) & 0xff, nth & 0xff];
    return bareBackend(octets.join('.'), { ready: false });
  });
  mesh.apply({ service: serviceRow('web') }, { slice: sliceRow('web', 'a', backends) });
  const explained = await explainEndpoints(question(address));
  expect(explained.ok && explained.explanation.addresses.length).toBe(40_000);
  expect(await explainProfile(question(address))).toMatchObject({
    ok: true,
    explanation: { subject: { service: { name: 'web' } } },
  });
});

test('waits only so long, and no longer than it is wanted', async () => {
  // Accepts connections and says nothing.
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  onTestFinished(() => void mute.close());
  const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
  expect(await explainEndpoints({ ...question(address), timeoutMs: 50 })).toEqual({
    ok: false,
    failure: { code: 'DEADLINE_EXCEEDED', message: 'no answer within 50 ms' },
  });
  const controller = new AbortController();
  const asked = explainEndpoints(question(address, controller.signal));
  controller.abort();
  expect(await asked).toMatchObject({ ok: false, failure: { code: 'CANCELLED' } });
  expect(await explainEndpoints(question(address, AbortSignal.abort()))).toMatchObject({
    ok: false,
    failure: { code: 'CANCELLED' },
  });
});

test('says that nothing listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  expect(await explainProfile(question(address))).toEqual({
    ok: false,
    failure: { code: 'UNAVAILABLE', message: `cannot connect to ${address}: connection refused` },
  });
});
