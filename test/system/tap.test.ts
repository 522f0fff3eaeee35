import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { conduit, has, startSandbox } from '../kit/program.js';
import { until as untilSoon } from '../kit/until.js';

const until = <T>(condition: () => T | Promise<T>, what: string): Promise<NonNullable<T>> =>
  untilSoon(condition, { timeoutMs: 20_000, everyMs: 20, what });

const namespace = 'corner-shop';
const audience = 'tap.conduit.io';

/** What `conduit tap -o json` prints, as far as it is looked at here. */
interface Line {
  readonly event: 'request' | 'response' | 'end';
  readonly request: string;
  readonly pod: string;
  readonly status?: number;
  readonly lost?: boolean;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

describe.skipIf(!has('kubectl') || process.platform !== 'linux')('tap in the sandbox', () => {
  let sandbox: Awaited<ReturnType<typeof startSandbox>>;
  let folder: string;
  let kubectl: (...args: readonly string[]) => string;
  let customers: NodeJS.Timeout;
  /** When a pod was first seen to be ready, by its name. */
  const readyAtMs = new Map<string, number>();
  /** Where customers go. */
  let ready: readonly string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conduit-tap-'));
    mkdirSync(join(folder, 'manifests'));
    writeFileSync(
      join(folder, 'manifests', 'conduit.yaml'),
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: conduit}\n',
    );
    const shop = ['00-namespace', 'catalog', 'stock', 'web'];
    sandbox = await startSandbox(
      '--run-programs=true',
      '--authorize-tap=true',
      `--manifests=${folder}/manifests`,
      '--manifests=examples/tap-rbac',
      ...shop.map((name) => `--manifests=examples/corner-shop/${name}.yaml`),
    );
    kubectl = (...args) => sandbox.kubectl('--namespace', namespace, ...args);
    kubectl('wait', '--for=condition=Available', 'deployment/web', 'deployment/catalog', '--timeout=30s');
    let isLooking = false;
    customers = setInterval(() => {
      for (const ip of ready)
        void fetch(`http://${ip}:8080/`).then(
          (got) => got.text(),
          () => undefined,
        );
      if (isLooking) return;
      isLooking = true;
      void look().then(() => (isLooking = false));
    }, 50);
    await until(() => ready.length > 0, 'a pod to go to');
  }, 60_000);

  afterAll(async () => {
    clearInterval(customers);
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function look(): Promise<void> {
    const url = `http://${sandbox.addresses.kubeApi}/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dweb`;
    const { items } = (await (await fetch(url)).json()) as { readonly items: readonly Pod[] };
    const here = items.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
    );
    for (const { metadata } of here) {
      if (!readyAtMs.has(metadata.name)) readyAtMs.set(metadata.name, performance.now());
    }
    ready = here.map(({ status }) => status.podIP ?? '');
  }

  /** As `kubectl create token` asks for one, which sends protobuf that the sandbox doesn't read. */
  async function token(...audiences: readonly string[]): Promise<string> {
    const url = `http://${sandbox.addresses.kubeApi}/api/v1/namespaces/conduit/serviceaccounts/conduit-tap/token`;
    const got = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences, expirationSeconds: 600 },
      }),
    });
    const { status } = (await got.json()) as { readonly status: { readonly token: string } };
    return status.token;
  }

  function command(...args: readonly string[]) {
    const program = conduit(...args, '--namespace', namespace, '--api-addr', sandbox.addresses.api);
    onTestFinished(() => void program.end('SIGKILL'));
    return program;
  }

  test('without a token nobody is let in, and with one for something else', async () => {
    const bare = command('tap', 'deploy/web');
    expect(await bare.end()).toBe(1);
    expect(bare.stderr()).toContain('UNAUTHENTICATED');

    const elsewhere = command('tap', 'deploy/web', '--token', await token());
    expect(await elsewhere.end()).toBe(1);
    expect(elsewhere.stderr()).toContain('UNAUTHENTICATED');
    expect(bare.stdout() + elsewhere.stdout()).toBe('');
  });

  test('stat shows what the application is asked', async () => {
    const rate = async (): Promise<string | undefined> => {
      const stat = command('stat', 'deploy');
      expect(await stat.end()).toBe(0);
      return /^web +2\/2 +[\d.]+% +(?!0\.0)[\d.]+rps/m.exec(stat.stdout())?.[0];
    };
    await until(rate, 'the rate of web');
  });

  test('pods that come are seen at once, requests of those that go end, and so does all with the target', async () => {
    const tap = command(
      'tap',
      'deploy/web',
      '--max-rps',
      '100000',
      '-o',
      'json',
      '--token',
      await token(audience),
    );
    const seenAtMs = new Map<string, number>();
    const lines: Line[] = [];
    let read = 0;
    tap.process.stdout?.on('data', () => {
      const text = tap.stdout();
      const end = text.lastIndexOf('\n') + 1;
      for (const line of text.slice(read, end).split('\n')) {
        if (line === '') continue;
        const event = JSON.parse(line) as Line;
        lines.push(event);
        const name = event.pod.replace(`${namespace}/`, '');
        if (!seenAtMs.has(name)) seenAtMs.set(name, performance.now());
      }
      read = end;
    });
    await until(() => lines.some(({ event }) => event === 'end'), 'a request');
    const old = new Set(readyAtMs.keys());
    expect([...old].sort()).toEqual([...seenAtMs.keys()].sort());

    kubectl('scale', 'deployment/web', '--replicas=1');
    kubectl('scale', 'deployment/web', '--replicas=3');
    const allSeen = (count: number): boolean =>
      ready.length === 3 &&
      readyAtMs.size >= count &&
      [...readyAtMs.keys()].every((name) => seenAtMs.has(name));
    await until(() => allSeen(4), 'events of the pods that came');
    const known = readyAtMs.size;
    kubectl('delete', 'pod', [...readyAtMs.keys()].at(-1) ?? '', '--wait=false');
    await until(() => allSeen(known + 1), 'events of the pod in the place of one that was deleted');
    const late = [...readyAtMs].filter(
      ([name, atMs]) => !old.has(name) && (seenAtMs.get(name) ?? Number.POSITIVE_INFINITY) - atMs >= 1_000,
    );
    expect(late).toEqual([]);

    kubectl('delete', 'deployment/web', '--wait=false');
    expect(await tap.end()).toBe(0);
    expect(tap.stderr()).toContain('Deployment web in namespace corner-shop is gone');
    const [, received, shown] = /received (\d+) events = (\d+) shown/.exec(tap.stderr()) ?? [];
    expect(Number(shown)).toBe(lines.length);
    expect(Number(received)).toBeGreaterThanOrEqual(lines.length);
    const endsOf = new Map<string, number>();
    for (const { request, event } of lines) {
      endsOf.set(request, (endsOf.get(request) ?? 0) + (event === 'end' ? 1 : 0));
    }
    expect([...endsOf.values()].filter((ends) => ends !== 1)).toEqual([]);
    expect(lines.some(({ status }) => status === 200)).toBe(true);
  }, 40_000);
});
