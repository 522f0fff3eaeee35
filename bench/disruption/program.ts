import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

/** `conduit` as users start it, in a process of its own. */
export interface Program {
  readonly process: ChildProcess;
  /** Resolves when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts it and resolves once it says that it serves. What it logs is kept from the terminal unless it fails. */
export async function startProgram(args: readonly string[]): Promise<Program> {
  const child = spawn(process.execPath, ['bin/conduit', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  process.on('exit', () => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let log = '';
  child.stderr.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text: string) => {
      log = `${log}${text}`.slice(-10_000);
      if (log.includes('"msg":"serving"')) resolve();
    });
    child.once('exit', () => reject(new Error(`conduit ${args.join(' ')} ended:\n${log}`)));
  });
  return {
    process: child,
    async end(signal) {
      child.kill(signal);
      await closed;
    },
  };
}
