import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { listen } from '../../src/runtime/listen.js';
import { startWorker, type Worker } from './worker.js';
import type { ProbeCommands, Vitals } from './probe.js';

/** `conduit controller` in a process of its own. */
export interface ControlPlaneProcess {
  /** `host:port` for Destination. */
  readonly proxyApi: string;
  /** `host:port` of /metrics, /live, /ready. */
  readonly admin: string;
  /** From the start of the process to the first 200 of /ready. */
  readonly readyMs: number;
  /** Of the time until it listened: its modules are loaded then. */
  readonly loading: Vitals;
  /** Of the time from then until it was ready. */
  readonly syncing: Vitals;
  readonly probe: Worker<ProbeCommands>;
  stop(): Promise<void>;
}

export interface ControlPlaneProcessOptions {
  readonly build: string;
  readonly apiServerUrl: string;
  readonly nodeFlags: readonly string[];
}

const pollMs = 10;
const timeoutMs = 300_000;

/** Resolves when it is ready. */
export async function startControlPlaneProcess({
  build,
  apiServerUrl,
  nodeFlags,
}: ControlPlaneProcessOptions): Promise<ControlPlaneProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'conduit-bench-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigFor(apiServerUrl));
  const [admin, proxyApi] = [await freeAddress(), await freeAddress()];

  const startedMs = performance.now();
  const probe = startWorker<ProbeCommands>({
    module: join(build, 'src/main.js'),
    args: [
      'controller',
      `--kubeconfig=${kubeconfig}`,
      `--admin-addr=${admin}`,
      `--proxy-api-addr=${proxyApi}`,
      '--api-addr=127.0.0.1:0',
      '--log-level=warn',
    ],
    nodeFlags: ['--expose-gc', '--import', join(build, 'bench/kit/probe.js'), ...nodeFlags],
  });
  const stop = async (): Promise<void> => {
    await probe.stop();
    rmSync(folder, { recursive: true });
  };
  try {
    await untilStatus(`http://${admin}/live`, startedMs);
    const loading = await probe.call('vitals');
    await untilStatus(`http://${admin}/ready`, startedMs);
    const readyMs = performance.now() - startedMs;
    const syncing = await probe.call('vitals');
    return { proxyApi, admin, readyMs, loading, syncing, probe, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Until `url` answers 200. */
async function untilStatus(url: string, startedMs: number): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(url);
      await response.arrayBuffer();
      if (response.status === 200) return;
    } catch {
      // It doesn't listen yet.
    }
    if (performance.now() - startedMs > timeoutMs) throw new Error(`${url}: not 200 within ${timeoutMs} ms`);
    await setTimeout(pollMs);
  }
}

/** The program says where it listens in a log line only; it is easier to tell it. */
async function freeAddress(): Promise<string> {
  const server = createServer();
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [{ name: 'bench', cluster: { server } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    users: [{ name: 'bench', user: {} }],
  });
}
