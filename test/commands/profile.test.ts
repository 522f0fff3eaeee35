import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ServiceProfileRow } from '../../src/mesh/rows.js';
import { ScriptedDestination } from '../client/scripted-destination.js';
import { apiServer } from '../kit/api.js';
import { podRow, serviceProfileRow, serviceRow } from '../kit/rows.js';
import { until } from '../kit/until.js';
import { RunningProgram, run } from './run-program.js';

const web = 'web.shop.svc.cluster.local:80';
const gone = 'gone.shop.svc.cluster.local';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const profile: Partial<ServiceProfileRow> = {
  routes: [
    {
      name: 'GET /books/{id}',
      condition: {
        kind: 'all',
        matches: [
          { kind: 'method', method: 'GET' },
          { kind: 'path', regex: '/books/[^/]*' },
        ],
      },
      responseClasses: [
        { condition: { kind: 'status', min: 500, max: 599 }, isFailure: true },
        { condition: { kind: 'not', match: { kind: 'status', min: 404, max: 404 } }, isFailure: false },
      ],
      isRetryable: true,
      timeoutMs: 300,
    },
    {
      name: 'writes',
      condition: {
        kind: 'all',
        matches: [
          {
            kind: 'any',
            matches: [
              { kind: 'method', method: 'PUT' },
              { kind: 'method', method: 'POST' },
            ],
          },
          { kind: 'not', match: { kind: 'any', matches: [{ kind: 'path', regex: '/health' }] } },
        ],
      },
      responseClasses: [],
      isRetryable: false,
      timeoutMs: undefined,
    },
  ],
  retryBudget: { retryRatio: 0.1, minRetriesPerSecond: 5, ttlMs: 1_500 },
  overrides: [
    { authority: 'web-v1.shop.svc.cluster.local', weight: 9_000 },
    { authority: 'web-v2.shop.svc.cluster.local:8080', weight: 1_000 },
  ],
};

async function serve() {
  const { mesh, address, close } = await apiServer();
  onTestFinished(close);
  mesh.apply(
    { service: serviceRow('web', { clusterIps: ['10.96.0.1'], opaquePorts: [] }) },
    { service: serviceRow('plain') },
    { pod: podRow('web-1', { controlPlaneNamespace: 'conduit', ips: ['10.0.0.1'] }) },
    { profile: serviceProfileRow('web', profile) },
  );
  return { mesh, address };
}

const names = [
  web,
  'plain.shop.svc.cluster.local',
  'plain.shop.svc.cluster.local:81',
  '10.0.0.1:3306',
  '192.0.2.1',
];

describe('once', () => {
  test('prints sections', async () => {
    const { address } = await serve();
    const { code, stdout, stderr } = await run(['profile', ...names, gone, '--addr', address]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${gone}: NOT_FOUND: Service gone.shop not found\n`,
    });
    await expect(stdout).toMatchFileSnapshot('golden/profile.txt');
  });

  test('prints a document for each authority with -o json', async () => {
    const { address } = await serve();
    const { code, stdout, stderr } = await run(['profile', ...names, '--addr', address, '-o', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('golden/profile-json.txt');
  });

  test('asks as the client that the context token describes', async () => {
    const { mesh, address } = await serve();
    mesh.apply({ profile: serviceProfileRow('web', {}, 'client') });
    const token = '{"ns":"client"}';
    const { stdout } = await run(['profile', web, '--addr', address, '--context-token', token]);
    expect(stdout).toContain('ServiceProfile   client/web.shop.svc.cluster.local\n');
  });

  test('fails where nothing listens, and where nothing answers', async () => {
    const server = await ScriptedDestination.listen();
    const { address } = server;
    expect(await run(['profile', web, '--addr', address, '--timeout', '50ms'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${web}: DEADLINE_EXCEEDED: no answer within 50 ms\n`,
    });
    server.kill();
    expect(await run(['profile', web, '--addr', address])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${web}: UNAVAILABLE: cannot connect to ${address}: connection refused\n`,
    });
  });
});

describe('--watch', () => {
  function start(...args: readonly string[]) {
    const program = new RunningProgram(['profile', web, '--watch', ...args]);
    cleanups.push(() => program.interrupt());
    return program;
  }

  test('prints each profile whole, one after the other', async () => {
    const { mesh, address } = await serve();
    const program = start('--addr', address);
    await until(() => program.stdout.includes('writes'));
    const opening = program.stdout;
    mesh.tables.serviceProfiles.delete(serviceProfileRow('web').id);
    mesh.engine.flush();
    await until(() => program.stdout.length > opening.length);
    expect(program.stdout.slice(opening.length)).toBe(
      `
${web}
Name             web.shop.svc.cluster.local
Service          shop/web, port 80
ServiceProfile   none
Opaque           no
Retry budget     0.2 retries per request and 10 per second, over 10s
Overrides        web.shop.svc.cluster.local:80 (weight 10000)
Routes           none
`,
    );
    program.interrupt();
    expect(await program.exit).toBe(130);
    expect(program.stderr).toBe('');
  });

  test('prints objects, one a line, with -o json, of lost connections too', async () => {
    const server = await ScriptedDestination.listen();
    cleanups.push(() => server.kill());
    const program = start('--addr', server.address, '-o', 'json');
    const lines = () => program.stdout.split('\n').filter((line) => line !== '');
    const call = await server.nextCall();
    call.send({ fully_qualified_name: 'web' });
    await until(() => lines().length === 1);
    call.send({ fully_qualified_name: 'web', opaque_protocol: true });
    await until(() => lines().length === 2);
    call.fail('UNAVAILABLE', 'stopping');
    await until(() => lines().length === 3);
    const [first, second, third] = lines().map((line) => JSON.parse(line));
    expect([first, second]).toEqual([
      { ...second, kind: 'snapshot', opaque: false },
      { ...first, kind: 'change', opaque: true },
    ]);
    expect(third).toMatchObject({ kind: 'lost', authority: web, code: 'UNAVAILABLE', message: 'stopping' });
    expect(program.stderr).toBe('');
  });

  test('tells of a lost connection on stderr, and says nothing twice', async () => {
    const server = await ScriptedDestination.listen();
    cleanups.push(() => server.kill());
    const program = start('--addr', server.address);
    const call = await server.nextCall();
    call.send({ fully_qualified_name: 'web' });
    await until(() => program.stdout !== '');
    const { stdout } = program;
    call.fail('UNAVAILABLE', 'stopping');
    (await server.nextCall()).send({ fully_qualified_name: 'web' });
    await until(() => program.stderr.includes('connected again'));
    expect(program.stderr).toBe(`${web}: UNAVAILABLE: stopping; trying again\n${web}: connected again\n`);
    expect(program.stdout).toBe(stdout);
  });

  test('ends where asking is pointless', async () => {
    const { address } = await serve();
    expect(await run(['profile', 'nonsense', '--watch', '--addr', address])).toMatchObject({
      code: 1,
      stdout: '',
    });
  });
});
