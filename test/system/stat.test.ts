import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stats } from '../../examples/programs/tally.js';
import { conduit, has, startSandbox } from '../kit/program.js';
import { until as untilSoon } from '../kit/until.js';

const until = <T>(condition: () => T | Promise<T>, what: string): Promise<NonNullable<T>> =>
  untilSoon(condition, { timeoutMs: 40_000, everyMs: 100, what });

const namespace = 'corner-shop';
const customers = 2;
const requestsOfEach = 200;

/** What `conduit stat -o json` says, as far as it is looked at here. */
interface Row {
  readonly name: string;
  readonly successes: number;
  readonly failures: number;
  readonly latency_ms_p50: number;
  readonly latency_ms_p99: number;
}

interface Pod {
  readonly status: { readonly podIP?: string };
}

describe.skipIf(!has('kubectl') || process.platform !== 'linux')('stat in the sandbox', () => {
  let sandbox: Awaited<ReturnType<typeof startSandbox>>;
  let folder: string;
  let kubectl: (...args: readonly string[]) => string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conduit-stat-'));
    mkdirSync(join(folder, 'manifests'));
    const shop = ['00-namespace', 'catalog', 'mail', 'orders', 'stock', 'web'];
    sandbox = await startSandbox(
      '--run-programs=true',
      ...shop.map((name) => `--manifests=examples/corner-shop/${name}.yaml`),
    );
    kubectl = (...args) => sandbox.kubectl('--namespace', namespace, ...args);
    const deployments = ['web', 'catalog', 'orders', 'mail'].map((name) => `deployment/${name}`);
    kubectl('wait', '--for=condition=Available', ...deployments, '--timeout=40s');
    kubectl('rollout', 'status', 'statefulset/stock', '--timeout=40s');
  }, 90_000);

  afterAll(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function stat(...args: readonly string[]): Promise<readonly Row[]> {
    const flags = { namespace, 'api-addr': sandbox.addresses.api, 'time-window': '1h', output: 'json' };
    const program = conduit(
      'stat',
      ...args,
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    );
    expect(await program.end()).toBe(0);
    return JSON.parse(program.stdout()) as readonly Row[];
  }

  /** What the customers counted, together. */
  async function counted(): Promise<Stats['outcomes']> {
    const url = `http://${sandbox.addresses.kubeApi}/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dshoppers`;
    const outcomes: Record<string, number> = {};
    await until(async () => {
      const { items } = (await (await fetch(url)).json()) as { readonly items: readonly Pod[] };
      const all = await Promise.all(
        items.map(({ status }) =>
          fetch(`http://${status.podIP}:8090/`).then(
            (got) => got.json() as Promise<Stats>,
            () => undefined,
          ),
        ),
      );
      if (all.length !== customers || !all.every((each) => isDone(each))) return false;
      for (const [outcome, count] of all.flatMap((each) => Object.entries(each?.outcomes ?? {}))) {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
      }
      return true;
    }, 'the end of what customers want');
    return outcomes;
  }

  test('says what the load generator counted, to the request', async () => {
    const manifest = readFileSync('examples/corner-shop/shoppers.yaml', 'utf8');
    const paced = manifest.replace(
      /( +)- name: REQUESTS_PER_SECOND\n +value: "10"\n/,
      (_all, indent: string) =>
        [
          ['REQUESTS_PER_SECOND', 40],
          ['REQUESTS', requestsOfEach],
        ]
          .map(([name, value]) => `${indent}- name: ${name}\n${indent}  value: "${value}"\n`)
          .join(''),
    );
    expect(paced).not.toBe(manifest);
    const file = join(folder, 'manifests', 'shoppers.yaml');
    writeFileSync(file, paced);
    kubectl('apply', '--filename', file);

    const outcomes = await counted();
    const { ok = 0, 'on purpose': onPurpose = 0, ...others } = outcomes;
    expect(others).toEqual({});
    expect(ok + onPurpose).toBe(customers * requestsOfEach);
    // One order in ten fails.
    expect(onPurpose).toBeGreaterThan(0);

    const all = { successes: ok, failures: onPurpose };
    // As it was asked, and as those saw it that asked.
    for (const [name, ...args] of [
      ['web', 'deploy/web'],
      ['shoppers', 'deploy/shoppers', '--to', 'deploy/web'],
    ] as const) {
      const row = await until(async () => {
        const [found] = await stat(...args);
        const total = (found?.successes ?? 0) + (found?.failures ?? 0);
        return total < ok + onPurpose ? undefined : found;
      }, `all that there is to say of ${name}`);
      expect(row).toMatchObject({ name, ...all });
      // Some answers of the catalog are slow on purpose.
      expect(row.latency_ms_p50).toBeGreaterThan(0);
      expect(row.latency_ms_p99).toBeGreaterThan(row.latency_ms_p50);
    }
  }, 90_000);
});

function isDone(stats: Stats | undefined): boolean {
  return stats?.sent === requestsOfEach && stats.inFlight === 0;
}
