import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until as untilSoon } from '../../kit/until.js';
import { testStore } from '../store/kit.js';
import { type TestApi, testApi } from './kit.js';

export const installed = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!installed)
  process.stderr.write('kubectl is not on PATH: the tests of the sandbox with it are skipped\n');

/** Processes take their time on a busy machine. */
export const until = <T>(condition: () => T): Promise<NonNullable<T>> =>
  untilSoon(condition, { timeoutMs: 15_000 });

export interface Ran {
  readonly code: number;
  /** Standard output without its last newline. */
  readonly out: string;
  readonly err: string;
}

export interface Kubectl extends TestApi {
  /** Runs to the end. */
  readonly run: (...args: readonly string[]) => Promise<Ran>;
  /** Runs with a manifest in a file; `FILE` among the arguments stands for its path. */
  readonly runWith: (manifest: string, ...args: readonly string[]) => Promise<Ran>;
  /** Runs in the background, until the test ends; gives what it has printed so far. */
  readonly follow: (...args: readonly string[]) => () => string;
}

/** The real kubectl, with nothing of the user's around it. */
export async function kubectl(): Promise<Kubectl> {
  // Ages count from the moment at which everything was created.
  const store = testStore();
  const api = await testApi({ store, clock: () => new Date('2026-01-02T03:04:10Z') });
  const home = await mkdtemp(join(tmpdir(), 'conduit-kubectl-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: join(home, 'none'), TZ: 'UTC' };
  const flags = ['--cache-dir', join(home, 'cache'), '--server', api.api.url, '--namespace', 'web'];
  const run = (...args: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      execFile('kubectl', [...flags, ...args], { env, cwd: home }, (error, out, err) => {
        const code = error ? Number(error.code ?? 1) : 0;
        resolve({ code, out: out.replace(/\n$/, ''), err });
      });
    });
  return {
    ...api,
    run,
    runWith: async (manifest, ...args) => {
      const file = join(home, 'manifest.yaml');
      await writeFile(file, manifest);
      return run(...args.map((arg) => (arg === 'FILE' ? file : arg)));
    },
    follow: (...args) => {
      const child = spawn('kubectl', [...flags, ...args], { env, cwd: home });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      onTestFinished(() => {
        child.kill();
      });
      return () => out;
    },
  };
}

export const web = (image: string, port: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ${image}
        ports: [{containerPort: 8080, name: http}]
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
      - name: side
        image: side:1
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: ${port}}]
`;

export const configMap = (name: string, data = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {name: ${name}}}\ndata: {${data}}\n`;

export const runningPod = (name: string, node: string): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  nodeName: ${node}
  containers: [{name: main, image: "main:1"}]
`;

export const ok = (out: string): Ran => ({ code: 0, out, err: '' });
