import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { until } from './until.js';

/** A program that runs, with what it has printed so far. */
export interface RunningProgram {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Sends a signal, once unless it is repeated by another call, and resolves to the exit code or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningProgram {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return (code ?? signal) as number | NodeJS.Signals;
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    end(signal) {
      if (signal !== undefined && child.exitCode === null) child.kill(signal);
      return exited;
    },
  };
}

/** The program as users start it. It is built by `npm test` before the tests run. */
export function conduit(...args: readonly string[]): RunningProgram {
  return start(process.execPath, ['bin/conduit', ...args]);
}

export interface Addresses {
  readonly kubeApi: string;
  readonly proxyApi: string;
  readonly api: string;
  readonly admin: string;
}

/** A sandbox in a process of its own, on free ports, that serves. It runs no programs unless the flags say so. */
export async function startSandbox(...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'conduit-test-'));
  const readyFile = join(folder, 'ready.json');
  const ports = ['kube', 'proxy-api', 'api', 'admin'].flatMap((name) => [`--${name}-addr`, '127.0.0.1:0']);
  const flags = [...ports, '--ready-file', readyFile, '--run-programs', 'false'];
  const program = conduit('sandbox', ...flags, ...args);
  await until(() => existsSync(readyFile) || program.process.exitCode !== null, {
    timeoutMs: 15_000,
    what: 'the ready file',
  });
  if (!existsSync(readyFile)) throw new Error(`the sandbox did not start: ${program.stderr()}`);
  const addresses: Addresses = JSON.parse(readFileSync(readyFile, 'utf8'));
  return {
    ...program,
    addresses,
    kubectl: kubectl(`http://${addresses.kubeApi}`, folder),
    async close(): Promise<void> {
      await program.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs kubectl to its end against a server, with a discovery cache of its own, and returns what it printed. */
export function kubectl(server: string, folder: string): (...args: readonly string[]) => string {
  return (...args) => {
    const global = ['--server', server, '--cache-dir', join(folder, 'kube-cache')];
    const { status, stdout, stderr } = spawnSync('kubectl', [...global, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    });
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
}

/** Whether a tool is on the PATH. */
export function has(command: string): boolean {
  return spawnSync(command, ['--help'], { stdio: 'ignore' }).error === undefined;
}

// The binary itself: what npm puts into .bin is a script that leaves its child behind when it is killed.
const buf = `node_modules/@bufbuild/buf-${process.platform}-${process.arch}/bin/buf`;
const bufFlags = ['curl', '--http2-prior-knowledge', '--protocol', 'grpc'];

/** Calls by reflection, with a client that knows nothing of our contracts, and follows the stream. */
export function bufStream(url: string, request: unknown, ...flags: readonly string[]) {
  const program = start(buf, [...bufFlags, ...flags, '-d', JSON.stringify(request), url]);
  return { ...program, messages: () => jsonValues(program.stdout()) };
}

/** Runs buf curl to its end. */
export function bufCurl(...args: readonly string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  return spawnSync(buf, [...bufFlags, ...args], { encoding: 'utf8' });
}

/** The complete JSON objects at the start of a text that is still growing. */
function jsonValues(text: string): unknown[] {
  const values: unknown[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: bracket, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (bracket === '{') depth += 1;
    if (bracket !== '}') continue;
    depth -= 1;
    if (depth > 0) continue;
    values.push(JSON.parse(text.slice(from, index + 1)));
    from = index + 1;
  }
  return values;
}
