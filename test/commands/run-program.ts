import type { Command } from '../../src/commands/command.js';
import type { Interruption } from '../../src/commands/exit.js';
import { runProgram } from '../../src/commands/program.js';

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTty?: boolean;
  readonly columns?: number;
  readonly commands?: readonly Command[];
}

/** The program, running in this process. What it wrote so far is in `stdout` and `stderr`. */
export class RunningProgram {
  stdout = '';
  stderr = '';
  /** Resolves to the exit code. */
  readonly exit: Promise<number>;
  readonly #interrupt = new AbortController();

  constructor(
    args: readonly string[],
    { env = {}, isTty = false, columns = 80, commands }: Surroundings = {},
  ) {
    const io = {
      stdout: { write: (text: string) => (this.stdout += text) },
      stderr: { write: (text: string) => (this.stderr += text) },
      env,
      signal: this.#interrupt.signal,
      isTty,
      columns,
    };
    this.exit = runProgram(args, io, commands);
  }

  interrupt(interruption: Interruption = { kind: 'signal', name: 'SIGINT' }): void {
    this.#interrupt.abort(interruption);
  }
}

/** Runs the program to its end. */
export async function run(args: readonly string[], surroundings?: Surroundings) {
  const program = new RunningProgram(args, surroundings);
  const code = await program.exit;
  return { code, stdout: program.stdout, stderr: program.stderr };
}
