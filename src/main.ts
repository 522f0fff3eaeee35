import process from 'node:process';
import { isatty } from 'node:tty';
import { type Interruption, signalExitCode } from './commands/exit.js';
import type { Output } from './commands/io.js';
import { runProgram } from './commands/program.js';
import { keepToYoungGeneration } from './runtime/young-generation.js';

keepToYoungGeneration();

const interrupt = new AbortController();

/** Asks the command to end. Whoever asks twice doesn't want to wait for it. */
function onInterruption(interruption: Interruption): void {
  if (interrupt.signal.aborted && interruption.kind === 'signal')
    process.exit(signalExitCode(interruption.name));
  interrupt.abort(interruption);
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => onInterruption({ kind: 'signal', name }));
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    onInterruption({ kind: 'output-closed' });
  });
}

const code = await runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interrupt.signal,
  isTty: isatty(1),
  columns: Math.min(process.stdout.columns ?? 80, 100),
  ...(isatty(1) && { terminal: { size: terminalSize, onKey } }),
});
await Promise.all([process.stdout, process.stderr].map(flushed));
process.exit(code);

/** A terminal that doesn't know says 0. */
function terminalSize(): { readonly columns: number; readonly rows: number } {
  return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
}

/** Key by key and not line by line, which takes Ctrl-C from the terminal as well. */
function onKey(listener: (key: string) => void): () => void {
  const { stdin } = process;
  if (!isatty(0)) return () => undefined;
  const onData = (bytes: Buffer): void => {
    for (const key of bytes.toString('utf8')) {
      if (key === '\u0003') onInterruption({ kind: 'signal', name: 'SIGINT' });
      else listener(key);
    }
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  return () => {
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** Resolves once everything written has left the process, or can't. */
function flushed(output: Output & NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (output.destroyed) resolve();
    else output.write('', () => resolve());
  });
}
