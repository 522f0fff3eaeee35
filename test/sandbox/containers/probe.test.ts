import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Check, attempt, readinessProbe } from '../../../src/sandbox/containers/probe.js';
import { Prober } from '../../../src/sandbox/containers/prober.js';
import { systemClock } from '../../../src/sandbox/controllers/clock.js';
import { until } from '../../kit/until.js';

const ports = [
  { name: 'http', containerPort: 8080 },
  { name: 'dns', containerPort: 53, protocol: 'UDP' },
];

describe('readinessProbe', () => {
  test.each<[string, object, Check]>([
    ['nothing declared', {}, { kind: 'none' }],
    ['ports alone', { ports }, { kind: 'tcp', ports: [8080] }],
    ['exec', { ports, readinessProbe: { exec: { command: ['true'] } } }, { kind: 'tcp', ports: [8080] }],
    ['tcpSocket', { ports, readinessProbe: { tcpSocket: { port: 9000 } } }, { kind: 'tcp', ports: [9000] }],
    [
      'httpGet',
      {
        readinessProbe: { httpGet: { port: 4191, path: '/ready', httpHeaders: [{ name: 'a', value: 'b' }] } },
      },
      { kind: 'http', port: 4191, path: '/ready', headers: [['a', 'b']] },
    ],
    [
      'a port by its name',
      { ports, readinessProbe: { httpGet: { port: 'http' } } },
      { kind: 'http', port: 8080, path: '/', headers: [] },
    ],
    [
      'https, which is as far as TCP goes',
      { readinessProbe: { httpGet: { port: 8443, scheme: 'HTTPS' } } },
      { kind: 'tcp', ports: [8443] },
    ],
  ])('%s', (_, container, check) => {
    expect(readinessProbe(container).check).toEqual(check);
  });

  test('has the times of the declaration, or those of Kubernetes', () => {
    const { check: _, ...defaults } = readinessProbe({});
    expect(defaults).toEqual({
      initialDelayMs: 0,
      periodMs: 10_000,
      timeoutMs: 1_000,
      successThreshold: 1,
      failureThreshold: 3,
    });
    const { check: __, ...declared } = readinessProbe({
      readinessProbe: {
        initialDelaySeconds: 5,
        periodSeconds: 2,
        timeoutSeconds: 3,
        successThreshold: 2,
        failureThreshold: 4,
      },
    });
    expect(declared).toEqual({
      initialDelayMs: 5_000,
      periodMs: 2_000,
      timeoutMs: 3_000,
      successThreshold: 2,
      failureThreshold: 4,
    });
  });
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const where = { host: '127.0.0.1', timeoutMs: 1_000 };

describe('attempt', () => {
  test('by TCP, on all ports', async () => {
    const open = await listening(createServer((socket) => socket.destroy()));
    const gone = createServer();
    const closed = await listening(gone);
    gone.close();
    expect(await attempt({ kind: 'tcp', ports: [open] }, where)).toBeUndefined();
    expect(await attempt({ kind: 'tcp', ports: [open, closed] }, where)).toBe(
      `connect ECONNREFUSED 127.0.0.1:${closed}`,
    );
  });

  test.each([
    [200, undefined],
    [302, undefined],
    [404, 'HTTP probe failed with statuscode: 404'],
    [503, 'HTTP probe failed with statuscode: 503'],
  ])('by HTTP, status %d', async (status, problem) => {
    const server = createHttpServer((request, response) => {
      response.writeHead(request.url === '/ready' && request.headers['a'] === 'b' ? status : 500).end();
    });
    const port = await listening(server);
    expect(await attempt({ kind: 'http', port, path: '/ready', headers: [['a', 'b']] }, where)).toBe(problem);
  });

  test('by HTTP, with no answer in time', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const port = await listening(createServer((socket) => sockets.add(socket.on('error', () => {}))));
    const check: Check = { kind: 'http', port, path: '/', headers: [] };
    expect(await attempt(check, { ...where, timeoutMs: 50 })).toBe(
      `127.0.0.1:${port}/ did not answer within 50 ms`,
    );
    for (const socket of sockets) socket.destroy();
  });
});

test('a prober tells when the verdict changes, after as many attempts as it takes', async () => {
  let status = 503;
  let attempts = 0;
  const server = createHttpServer((_, response) => {
    attempts += 1;
    response.writeHead(status).end();
  });
  const port = await listening(server);
  const verdicts: unknown[] = [];
  const prober = new Prober({
    probe: {
      check: { kind: 'http', port, path: '/', headers: [] },
      initialDelayMs: 0,
      periodMs: 5,
      timeoutMs: 1_000,
      successThreshold: 2,
      failureThreshold: 3,
    },
    host: '127.0.0.1',
    clock: systemClock,
    onVerdict: (verdict) => verdicts.push({ ...verdict, attempts }),
  });
  await until(() => attempts === 2);
  expect(verdicts).toEqual([]);
  attempts = 0;
  status = 200;
  await until(() => verdicts.length === 1);
  attempts = 0;
  status = 500;
  await until(() => verdicts.length === 2);
  prober.stop();
  expect(verdicts).toMatchObject([
    { ready: true },
    { ready: false, reason: 'HTTP probe failed with statuscode: 500' },
  ]);
});
