import type { ConfigOf, FlagTable } from '../config/flag.js';
import { formatProblem, type GivenFlags, loadConfig } from '../config/load.js';
import { exitCode } from './exit.js';
import type { Io } from './io.js';

/** One command of the program, as its author describes it. */
export interface CommandDefinition<Table extends FlagTable> extends CommandText {
  readonly flags: Table;
  /** Imports the code, so that a command costs nothing until it runs. */
  readonly load: () => Promise<{ readonly run: Run<Table> }>;
}

/** Runs a command to its end and resolves to the program's exit code (see exit.ts). Throws only for a bug. */
export type Run<Table extends FlagTable> = (
  config: ConfigOf<Table>,
  io: Io,
  operands: readonly string[],
) => Promise<number>;

export interface CommandText {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Paragraphs that say what the summary can't. */
  readonly details: readonly string[];
  /** What the command takes besides flags: nothing, or one or more of something. */
  readonly operands: 'none' | { readonly placeholder: string; readonly help: string };
}

/** A command of any flags, ready to be offered. */
export interface Command extends CommandText {
  readonly flags: FlagTable;
  /** Reads the settings and, where they are right, runs the command; otherwise tells every problem. */
  readonly start: (given: Invocation, io: Io) => Promise<number>;
}

export interface Invocation {
  readonly flags: GivenFlags;
  readonly operands: readonly string[];
}

export function command<Table extends FlagTable>(definition: CommandDefinition<Table>): Command {
  const { load, ...text } = definition;
  return {
    ...text,
    start: async ({ flags, operands }, io) => {
      const loaded = loadConfig(definition.flags, { flags, env: io.env });
      if (!loaded.ok) {
        const lines = loaded.problems.map((problem) => `conduit ${text.name}: ${formatProblem(problem)}\n`);
        io.stderr.write(lines.join(''));
        return exitCode.usage;
      }
      const { run } = await load();
      return run(loaded.config, io, operands);
    },
  };
}
