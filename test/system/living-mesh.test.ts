import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Stats } from '../../examples/programs/tally.js';
import { writeKubeconfig } from '../kit/kubeconfig.js';
import { childrenOf, isAlive } from '../kit/processes.js';
import { conduit, has, type RunningProgram, startSandbox } from '../kit/program.js';
import { until as untilSoon } from '../kit/until.js';

/** The mesh needs the machine more than whoever waits for it. */
const until = <T>(condition: () => T | Promise<T>, what: string): Promise<NonNullable<T>> =>
  untilSoon(condition, { timeoutMs: 30_000, everyMs: 25, what });

/** An address of this run's own, which the control plane has again after it was gone. */
const destinationAddr = `127.202.${process.pid % 250}.${(process.pid >> 8) % 250 || 1}:8086`;

const example = 'examples/corner-shop';

interface Controller extends RunningProgram {
  /** How many sidecars follow the endpoints of a service of the example. */
  followers(service: string): Promise<number>;
}

/** A control plane apart from the sandbox's own, once it serves. */
async function startController(kubeconfig: string): Promise<Controller> {
  const flags = {
    kubeconfig,
    'proxy-api-addr': destinationAddr,
    'api-addr': '127.0.0.1:0',
    'admin-addr': '127.0.0.1:0',
  };
  const controller = conduit(
    'controller',
    ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
  );
  onTestFinished(() => void controller.end('SIGKILL'));
  await until(() => controller.stderr().includes('"msg":"serving"'), 'the control plane');
  const { admin = '' } = /"admin":"(?<admin>[^"]+)"/.exec(controller.stderr())?.groups ?? {};
  return {
    ...controller,
    followers: (service) =>
      metric(
        admin,
        'conduit_destination_subscribers',
        'rpc="Get"',
        'namespace="corner-shop"',
        `service="${service}"`,
      ),
  };
}

/** A metric, summed over the series whose labels have all of this text. */
async function metric(address: string, name: string, ...labels: readonly string[]): Promise<number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe.skipIf(!has('kubectl') || process.platform !== 'linux')('the example in the sandbox', () => {
  test('is served through all that happens to it, and ends with nothing left of it', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'conduit-living-'));
    vi.stubEnv('TMPDIR', temporary);
    // Customers come when the shop is open: the control plane is there later than the sidecars, which they would notice.
    const shop = readdirSync(example).filter((name) => name !== 'shoppers.yaml');
    const sandbox = await startSandbox(
      '--run-programs=true',
      `--destination-addr=${destinationAddr}`,
      ...shop.map((name) => `--manifests=${example}/${name}`),
    );
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await sandbox.close();
      rmSync(temporary, { recursive: true, force: true });
    });
    const kubeconfig = writeKubeconfig(temporary, `http://${sandbox.addresses.kubeApi}`);
    const kubectl = (...args: readonly string[]): string =>
      sandbox.kubectl('--namespace', 'corner-shop', ...args);
    const ipsOf = (app: string): readonly string[] =>
      kubectl(
        'get',
        'pods',
        '--selector',
        `app=${app}`,
        '--output',
        'jsonpath={.items[*].status.podIP}',
      ).split(' ');
    const controller = await startController(kubeconfig);

    kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=40s');
    kubectl('rollout', 'status', 'statefulset/stock', '--timeout=40s');
    await until(() => sandbox.stdout().includes('logs deploy/web --follow'), 'the welcome');
    kubectl('apply', '--filename', `${example}/shoppers.yaml`);
    kubectl('rollout', 'status', 'deployment/shoppers', '--timeout=40s');
    const shoppers = ipsOf('shoppers');
    const books = async (): Promise<readonly Stats[]> =>
      Promise.all(shoppers.map(async (ip) => (await fetch(`http://${ip}:8090/`)).json() as Promise<Stats>));
    const served = async (): Promise<number> =>
      (await books()).reduce((sum, { outcomes }) => sum + (outcomes['ok'] ?? 0), 0);
    const serveAnother = async (count: number): Promise<void> => {
      const before = await served();
      await until(async () => (await served()) >= before + count, `${count} more requests`);
    };
    // What a sidecar is to know when there is nobody to ask, it must have asked before.
    const callers = { web: ['catalog', 'orders'], orders: ['stock'], catalog: ['stock'] };
    for (const [caller, callees] of Object.entries(callers)) {
      for (const ip of ipsOf(caller)) {
        for (const callee of callees) {
          const hasCalled = async (): Promise<boolean> =>
            (await metric(
              `${ip}:4191`,
              'request_total',
              'direction="outbound"',
              `authority="${callee}.corner-shop`,
            )) > 0;
          await until(hasCalled, `a call of ${caller} to ${callee}`);
        }
      }
    }
    for (const ip of ipsOf('orders')) {
      const hasMailed = async (): Promise<boolean> =>
        (await metric(`${ip}:4191`, 'tcp_open_total', 'authority="mail.corner-shop')) > 0;
      await until(hasMailed, 'a receipt');
    }

    await controller.end('SIGKILL');
    await serveAnother(10);
    // Nobody is told of it: sidecars find out for themselves that the pod is gone, which kubectl waits for. The longer this
    // takes, the longer sidecars wait before they try to ask again.
    const [catalog = ''] = kubectl('get', 'pods', '--selector', 'app=catalog', '--output', 'name').split(
      '\n',
    );
    kubectl('delete', catalog);
    await serveAnother(20);

    const restarted = await startController(kubeconfig);
    const names = ['catalog', 'orders'];
    const followers = ipsOf('web').length;
    for (const name of names) {
      const isFollowed = async (): Promise<boolean> => (await restarted.followers(name)) >= followers;
      await until(isFollowed, `the sidecars to ask for ${name} again`);
    }
    const backEnds = names.map((name) => `deployment/${name}`);
    kubectl('rollout', 'restart', ...backEnds);
    for (const backEnd of backEnds) kubectl('rollout', 'status', backEnd, '--timeout=40s');
    await serveAnother(20);

    for (const { outcomes, failures, withheld } of await books()) {
      expect({ failures, withheld }).toEqual({ failures: [], withheld: 0 });
      expect(Object.keys(outcomes).filter((outcome) => outcome !== 'on purpose')).toEqual(['ok']);
    }
    // What the pods of the stock tell each other is bytes, by a Server; receipts are, by their Service's annotation.
    const [stock = ''] = ipsOf('stock');
    expect(await metric(`${stock}:4191`, 'request_total', 'direction="inbound"', '7101"')).toBe(0);
    expect(
      await metric(`${stock}:4191`, 'tcp_read_bytes_total', 'direction="inbound"', '7101"'),
    ).toBeGreaterThan(0);
    expect(kubectl('logs', 'deployment/mail', '--tail=1')).toMatch(/^receipt: ann /);

    const children = childrenOf(sandbox.process.pid);
    expect(children.length).toBeGreaterThanOrEqual(25);
    expect(await sandbox.end('SIGTERM')).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    // The ready file that the test asked for, and kubectl's cache; and the test's own.
    expect(readdirSync(temporary).filter((name) => !name.endsWith('.yaml'))).toEqual([
      expect.stringMatching(/^conduit-test-/),
    ]);
  }, 120_000);
});
