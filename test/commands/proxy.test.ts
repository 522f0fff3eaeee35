import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { afterEach, expect, test } from 'vitest';
import { ScriptedDestination, weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';
import { ask1 } from '../proxy/lab.js';
import { ScriptedTelemetry } from '../proxy/report/scripted-telemetry.js';
import { TelemetryLedger } from '../proxy/report/telemetry-ledger.js';
import { everything, Observation } from '../proxy/tap/observe-client.js';

/** `conduit proxy` in a process of its own: its flags, its admin server, its end. */

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function startProxy(...args: readonly string[]) {
  const command = '--import tsx src/main.ts proxy --log-format json'.split(' ');
  const listeners = ['admin', 'outbound', 'control'].map((name) => `--${name}-addr=127.0.0.1:0`);
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [...command, ...listeners, ...args]);
  cleanups.push(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const exit = once(child, 'close').then(([code]) => code as number);
  const line = (msg: string): Record<string, unknown> | undefined =>
    stderr
      .split('\n')
      .filter((it) => it.includes(`"msg":"${msg}"`))
      .map((it) => JSON.parse(it) as Record<string, unknown>)[0];
  await until(() => line('serving'), { timeoutMs: 20_000, what: 'the proxy' });
  const portOf = (address: unknown): number => Number(String(address).split(':').at(-1));
  return {
    child,
    exit,
    line,
    outbound: portOf(line('proxy started')?.['outbound']),
    inbound: portOf(line('proxy started')?.['inbound']),
    admin: portOf(line('admin server started')?.['admin']),
    control: String(line('tap server started')?.['control']),
  };
}

test('serves, shows what it does, and finishes what it has before it ends', async () => {
  let answerHeld: (() => void) | undefined;
  const app = http.createServer((message, response) => {
    if (message.url === '/held') answerHeld = () => response.end('held');
    else response.end('ok');
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => app.close());
  const appPort = (app.address() as AddressInfo).port;
  const destination = await ScriptedDestination.listen({
    serves: ['Get'],
    answer: (call) => call.add([weighted('127.0.0.1', appPort, { metric_labels: { pod: 'web-1' } })]),
  });
  cleanups.push(() => destination.kill());

  const proxy = await startProxy(
    `--destination-addr=${destination.address}`,
    `--inbound=127.0.0.1:0=127.0.0.1:${appPort}`,
    '--context-token={"ns":"shop","pod":"client-1"}',
    '--telemetry-addr=off',
    '--control-addr=off',
  );
  expect(proxy.line('tap server started')).toBeUndefined();
  const authority = 'web.shop.svc.cluster.local:8080';
  expect((await ask1({ port: proxy.outbound, authority })).body).toBe('ok');
  expect((await ask1({ port: proxy.inbound, authority })).body).toBe('ok');

  const admin = async (path: string) => ask1({ port: proxy.admin, authority: 'admin', path });
  expect([(await admin('/live')).status, (await admin('/ready')).status]).toEqual([200, 200]);
  const { body: metrics } = await admin('/metrics');
  expect(metrics.split('\n').filter((line) => line.startsWith('request_total'))).toEqual([
    `request_total{direction="outbound",authority="${authority}",target_addr="127.0.0.1:${appPort}",target_ip="127.0.0.1",target_port="${appPort}",tls="no_identity",no_tls_reason="not_provided_by_service_discovery",dst_pod="web-1"} 1`,
    `request_total{direction="inbound",target_addr="127.0.0.1:${appPort}",target_ip="127.0.0.1",target_port="${appPort}",tls="no_identity",no_tls_reason="no_tls_from_remote"} 1`,
  ]);
  expect(metrics).not.toMatch(/conduit_(tap|report)/);
  expect(JSON.parse((await admin('/debug/discovery')).body)).toMatchObject([
    { authority, endpoints: [{ address: `127.0.0.1:${appPort}`, weight: 10_000, pending: 0 }] },
  ]);

  const held = ask1({ port: proxy.inbound, authority, path: '/held' });
  await until(() => answerHeld);
  proxy.child.kill('SIGTERM');
  await until(() => proxy.line('stopping'));
  expect((await admin('/ready')).status).toBe(503);
  answerHeld?.();
  expect((await held).body).toBe('held');
  expect(await proxy.exit).toBe(0);
});

test('reports to the control plane, and lets it tap', async () => {
  const app = http.createServer((_message, response) => response.end('ok'));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => app.close());
  const ledger = new TelemetryLedger();
  const introductions: string[] = [];
  const telemetry = await ScriptedTelemetry.listen((conversation) => {
    const { introduction, report } = conversation;
    if (introduction !== undefined) {
      introductions.push(`${introduction.namespace}/${introduction.pod}`);
      ledger.introduce(introduction.epoch);
    }
    if (report !== undefined) ledger.apply(report);
    conversation.answer(report?.sequence ?? 0n, { intervalMs: 100 });
  });
  cleanups.push(() => telemetry.kill());

  const proxy = await startProxy(
    `--telemetry-addr=${telemetry.address}`,
    `--inbound=127.0.0.1:0=127.0.0.1:${(app.address() as AddressInfo).port}`,
    '--context-token={"ns":"shop","pod":"web-1"}',
  );
  const tap = new Observation(proxy.control, { limit: 2, match: everything });
  cleanups.push(() => tap.close());
  await until(() => tap.hasBegun);
  await ask1({ port: proxy.inbound, authority: 'web.shop', path: '/a' });
  await ask1({ port: proxy.inbound, authority: 'web.shop', path: '/b' });
  await until(() => tap.status);
  expect(tap.of('request_init').map(({ path }) => path)).toEqual(['/a', '/b']);

  proxy.child.kill('SIGTERM');
  expect(await proxy.exit).toBe(0);
  const grown = [...ledger.grown].map(([key, value]) => [key.split('|')[1], Number(value)]);
  expect(Object.fromEntries(grown)).toMatchObject({
    REQUESTS: 2,
    RESPONSES: 2,
    RESPONSE_LATENCY: 2,
    TCP_OPENS: 2,
    TCP_CLOSES: 2,
  });
  expect(introductions).toEqual(['shop/web-1']);
});
