import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bufCurl, bufStream, conduit, has, type RunningProgram, startSandbox } from '../kit/program.js';
import { writeKubeconfig } from '../kit/kubeconfig.js';
import { until } from '../kit/until.js';

const get = 'io.linkerd.proxy.destination.Destination/Get';
const request = { path: 'web.corner-shop.svc.cluster.local:80' };
const anyPorts = ['proxy-api', 'api', 'admin'].flatMap((name) => [`--${name}-addr`, '127.0.0.1:0']);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conduit-test-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Listening {
  readonly proxyApi: string;
  readonly api: string;
  readonly admin: string;
}

/** What the controller logs once it listens. */
async function addressesOf(program: RunningProgram): Promise<Listening> {
  const started = await until(
    () =>
      program
        .stderr()
        .split('\n')
        .find((line) => line.includes('"control plane started"')),
    { what: 'the controller to listen', timeoutMs: 10_000 },
  );
  return JSON.parse(started);
}

async function readiness(admin: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://${admin}/ready`);
  return { status: response.status, body: await response.text() };
}

describe('over a cluster', () => {
  let sandbox: Awaited<ReturnType<typeof startSandbox>>;
  let controller: RunningProgram;
  let addresses: Listening;

  beforeAll(async () => {
    sandbox = await startSandbox('--pod-ready-delay', '20ms');
    controller = conduit(
      'controller',
      '--kubeconfig',
      writeKubeconfig(folder, `http://${sandbox.addresses.kubeApi}`),
      ...anyPorts,
    );
    addresses = await addressesOf(controller);
  }, 30_000);

  afterAll(async () => {
    await controller.end('SIGKILL');
    await sandbox.close();
  });

  test('serves what the cluster has', async () => {
    await until(async () => (await readiness(addresses.admin)).status === 200);
    const stream = bufStream(`http://${addresses.proxyApi}/${get}`, request);
    await until(() => JSON.stringify(stream.messages()).includes('"pod":"web-'));
    expect(Object.keys(stream.messages()[0] as object)).toEqual(['add']);
    await stream.end('SIGTERM');
  });

  test.skipIf(!has('promtool'))('its metrics pass promtool', async () => {
    const metrics = await (await fetch(`http://${addresses.admin}/metrics`)).text();
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: metrics,
      encoding: 'utf8',
    });
    // The names of prom-client's default metrics are not ours to mend.
    expect(stdout + stderr.replaceAll(/^(nodejs|process)_.*\n/gm, '')).toBe('');
  });

  test('keeps serving while the API server is away, says so, and resumes', async () => {
    const stream = bufStream(`http://${addresses.proxyApi}/${get}`, request);
    await until(() => stream.messages().length > 0);
    const before = stream.messages().length;
    await sandbox.end('SIGKILL');

    await until(async () => (await readiness(addresses.admin)).body.includes('stale for'));
    expect((await readiness(addresses.admin)).status).toBe(200);
    const again = bufStream(`http://${addresses.proxyApi}/${get}`, request);
    await until(() => again.messages().length > 0);
    expect(Object.keys(again.messages()[0] as object)).toEqual(['add']);
    expect(stream.messages().length).toBe(before);

    sandbox = await startSandbox('--pod-ready-delay', '20ms', '--kube-addr', sandbox.addresses.kubeApi);
    await until(() => stream.messages().length > before, { timeoutMs: 15_000, what: 'the stream to go on' });
    await until(async () => !(await readiness(addresses.admin)).body.includes('stale for'), {
      timeoutMs: 10_000,
    });
    await Promise.all([stream.end('SIGTERM'), again.end('SIGTERM')]);
  }, 40_000);
});

describe('without an API server', () => {
  let silent: Server;
  let config: string;

  beforeAll(async () => {
    // Accepts and never answers: the worst of API servers.
    silent = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    config = writeKubeconfig(folder, `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  });

  afterAll(() => {
    silent.closeAllConnections();
    silent.close();
  });

  test('it lives, is not ready, refuses calls, says why, and stops when told', async () => {
    const controller = conduit('controller', '--kubeconfig', config, ...anyPorts);
    const { admin, proxyApi } = await addressesOf(controller);
    expect((await fetch(`http://${admin}/live`)).status).toBe(200);
    const { status, body } = await readiness(admin);
    expect([status, body]).toEqual([503, expect.stringContaining('not synced')]);
    const { stderr } = bufCurl('-d', JSON.stringify(request), `http://${proxyApi}/${get}`);
    expect(stderr).toContain('unavailable');
    expect(stderr).toContain('still syncing: Service');
    expect(await controller.end('SIGTERM')).toBe(0);
  });

  test('a second signal ends it at once', async () => {
    const controller = conduit('controller', '--kubeconfig', config, ...anyPorts);
    const { proxyApi } = await addressesOf(controller);
    const health = bufStream(`http://${proxyApi}/grpc.health.v1.Health/Watch`, {});
    await until(() => health.messages().length > 0);
    // A client that is stopped doesn't leave by itself, so that there is something to wait for.
    health.process.kill('SIGSTOP');
    controller.process.kill('SIGTERM');
    await until(() => controller.stderr().includes('"draining"'));
    expect(await controller.end('SIGTERM')).toBe(143);
    health.process.kill('SIGCONT');
    await health.end('SIGKILL');
  });
});

describe('wrong settings are told in one line each, with exit code 2, and nothing starts', () => {
  test.each([
    [['controller', '--kubeconfig', '/nowhere'], ['/nowhere']],
    [['controller', '--no-such-flag'], ['--no-such-flag']],
    [
      ['controller', '--admin-addr', 'x:99999', '--log-level', 'loud'],
      ['--admin-addr', '--log-level'],
    ],
    [['sandbox', '--manifests', '/nowhere.yaml'], ['/nowhere.yaml']],
    [['sandbox', '--nodes', 'many'], ['--nodes']],
  ])('%j', async (args, named) => {
    const program = conduit(...args);
    expect(await program.end()).toBe(2);
    expect(program.stdout()).toBe('');
    const lines = program.stderr().trimEnd().split('\n');
    expect(
      lines.map((line, nth) => line.startsWith(`conduit ${args[0]}: `) && line.includes(named[nth] ?? '?')),
    ).toEqual(named.map(() => true));
  });

  test('a manifest’s problems name file, document and field', async () => {
    const file = join(folder, 'bad.yaml');
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ port: 99_999 }] },
    };
    writeFileSync(
      file,
      `${JSON.stringify({ ...service, metadata: { name: 'good' }, spec: { ports: [{ port: 80 }] } })}\n---\n${JSON.stringify(service)}\n`,
    );
    const program = conduit('sandbox', '--manifests', file);
    expect(await program.end()).toBe(2);
    expect(program.stderr()).toMatch(
      /^conduit sandbox: .*bad\.yaml.*document 2.*spec\.ports\[0\]\.port.*\n$/,
    );
  });

  test('an address that is in use is told, and leaves nothing running', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => {
      holder.listen(0, '127.0.0.1', resolve);
    });
    const taken = `127.0.0.1:${(holder.address() as AddressInfo).port}`;
    const program = conduit(
      'sandbox',
      '--kube-addr',
      '127.0.0.1:0',
      ...anyPorts.slice(0, 4),
      '--admin-addr',
      taken,
    );
    expect(await program.end()).toBe(1);
    expect(program.stderr()).toContain(`cannot listen on ${taken}: the address is already in use`);
    holder.close();
  });
});
