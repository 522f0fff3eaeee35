import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Scope } from '../../src/runtime/scope.js';
import { CornerShop } from './corner-shop.js';
import { type Program, startProgram } from './program.js';

/** An address that the control plane has again after it was gone. */
export const destinationAddr = '127.203.0.1:8086';

/** A sandbox whose sidecars ask a control plane in a process of its own. */
export interface Mesh {
  readonly shop: CornerShop;
  /** Of the sandbox, whose children the pods are. */
  readonly pid: number;
  /** Of the control plane that runs. */
  readonly controlPlanePid: () => number;
  killControlPlane(): Promise<void>;
  startControlPlane(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMesh(): Promise<Mesh> {
  const scope = new Scope();
  try {
    const folder = mkdtempSync(join(tmpdir(), 'conduit-bench-'));
    scope.add(() => rmSync(folder, { recursive: true, force: true }));
    const readyFile = join(folder, 'ready.json');
    const sandbox = await startProgram([
      'sandbox',
      ...['kube', 'proxy-api', 'api', 'admin'].map((name) => `--${name}-addr=127.0.0.1:0`),
      `--ready-file=${readyFile}`,
      `--destination-addr=${destinationAddr}`,
    ]);
    scope.add(() => sandbox.end('SIGTERM'));
    while (!existsSync(readyFile)) await setTimeout(20);
    const { kubeApi }: { kubeApi: string } = JSON.parse(readFileSync(readyFile, 'utf8'));
    const server = `http://${kubeApi}`;
    const kubeconfig = join(folder, 'kubeconfig.json');
    writeFileSync(kubeconfig, kubeconfigFor(server));

    let controlPlane: Program | undefined;
    const killControlPlane = async (): Promise<void> => controlPlane?.end('SIGKILL');
    const startControlPlane = async (): Promise<void> => {
      controlPlane = await startProgram([
        'controller',
        `--kubeconfig=${kubeconfig}`,
        `--proxy-api-addr=${destinationAddr}`,
        ...['api', 'admin'].map((name) => `--${name}-addr=127.0.0.1:0`),
      ]);
    };
    scope.add(killControlPlane);
    await startControlPlane();
    return {
      shop: new CornerShop(server),
      pid: sandbox.process.pid ?? 0,
      controlPlanePid: () => controlPlane?.process.pid ?? 0,
      killControlPlane,
      startControlPlane,
      stop: () => scope.close(),
    };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server } }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'anybody' } }],
    users: [{ name: 'anybody', user: {} }],
    'current-context': 'sandbox',
  });
}
