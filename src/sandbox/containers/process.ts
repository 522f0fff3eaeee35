import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import type { Environment } from './environment.js';
import type { Program } from './program.js';

export interface ProcessOptions {
  readonly program: Program;
  /** After those of the program. */
  readonly args: readonly string[];
  readonly environment: Environment;
  /** What `ps` shows. */
  readonly title: string;
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Called once, after the last output. Never before `startProcess` returns. */
  readonly onEnd: (end: ProcessEnd) => void;
}

export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: number }
  | { readonly kind: 'not-started'; readonly reason: string };

export interface RunningProcess {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export type StartProcess = (options: ProcessOptions) => RunningProcess;

/**
 * Runs before the program, inside its process. The other end of descriptor 3 is held by the sandbox: when that is gone,
 * however it went, the process ends itself. The container's variables are set here and not by the process that starts it,
 * because manifests are written by others: none of their variables (NODE_OPTIONS, LD_PRELOAD) may load code.
 */
const preload = `
import { Socket } from 'node:net';
const { CONDUIT_SANDBOX_CONTAINER: container } = process.env;
// Worker threads run this too, and find nothing.
if (container !== undefined) {
  delete process.env.CONDUIT_SANDBOX_CONTAINER;
  const { title, environment } = JSON.parse(container);
  Object.assign(process.env, environment);
  process.title = title;
  const lifeline = new Socket({ fd: 3 });
  lifeline.on('error', () => {}).on('close', () => process.kill(process.pid, 'SIGKILL'));
  lifeline.resume().unref();
}`;

const nodeFlags = [
  '--enable-source-maps',
  // Dozens of these run side by side: memory matters more than the last bit of throughput.
  '--max-semi-space-size=2',
  '--import',
  `data:text/javascript,${encodeURIComponent(preload)}`,
];

/** What a program is given of the sandbox's own environment. */
const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'];

/** Starts a program in a process of its own, which doesn't outlive this one. */
export const startProcess: StartProcess = ({ program, args, environment, title, onOutput, onEnd }) => {
  const child = spawn(process.execPath, [...nodeFlags, program.file, ...program.args, ...args], {
    env: {
      ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
      CONDUIT_SANDBOX_CONTAINER: JSON.stringify({ title, environment }),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // In a session of its own, or Ctrl-C at the terminal would end all programs before the sandbox knows why.
    detached: true,
  });
  let failure: string | undefined;
  child.on('error', (error) => {
    failure ??= error.message;
    if (child.pid === undefined) onEnd({ kind: 'not-started', reason: failure });
  });
  if (child.pid === undefined) return { pid: undefined, kill: () => {} };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => onOutput(stream, chunk));
  }
  // The program's side may be gone already; its end is told by `close`.
  child.stdio[3]?.on('error', () => {});
  child.on('close', (code, signal) => {
    onEnd(
      signal === null
        ? { kind: 'exited', code: code ?? 0 }
        : { kind: 'killed', signal: constants.signals[signal] },
    );
  });
  return { pid: child.pid, kill: (signal) => child.kill(signal) };
};
