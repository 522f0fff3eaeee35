import { type Command as CommanderCommand, CommanderError, Command as Program, Option } from 'commander';
import { configKey, defaultText, envName, type Flag, flagUsage } from '../config/flag.js';
import type { GivenFlags } from '../config/load.js';
import { catalog } from './catalog.js';
import type { Command } from './command.js';
import { exitCode } from './exit.js';
import type { Io } from './io.js';
import { packageVersion } from './version.js';

/**
 * Runs the program with the arguments of its command line (without those for Node) and resolves to its exit code.
 * A wrong command line is one line on stderr, and nothing on stdout.
 */
export async function runProgram(
  args: readonly string[],
  io: Io,
  commands: readonly Command[] = catalog,
): Promise<number> {
  let code: number = exitCode.ok;
  const program = configure(new Program('conduit'), io, 'Flags:')
    .description('The control plane of a Kubernetes service mesh, and its tools.')
    .usage('COMMAND [flags]')
    .optionsGroup('Flags:')
    .version(`conduit ${packageVersion()}`, '-V, --version', 'Print the version.')
    .helpCommand(false)
    .addHelpText('after', epilogue);

  for (const command of commands) {
    const sub = configure(program.command(command.name), io, 'Other flags:')
      .summary(command.summary)
      .description([command.summary, ...command.details].join('\n\n'))
      .usage(command.operands === 'none' ? '[flags]' : `${command.operands.placeholder}... [flags]`);
    if (command.operands !== 'none') {
      sub.argument(`<${command.operands.placeholder}...>`, command.operands.help);
    }
    for (const [name, flag] of Object.entries(command.flags)) sub.addOption(option(name, flag));
    sub.action(async () => {
      code = await command.start({ flags: givenFlags(command, sub), operands: sub.args }, io);
    });
  }

  try {
    await program.parseAsync(normalise(args, commands), { from: 'user' });
    return code;
  } catch (error) {
    // What there is to say, commander has said through the outputs that it was given.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    throw error;
  }
}

const epilogue = `
Most flags can also be set by an environment variable, which their help names.
The flag wins over the variable; a variable that is empty counts as not set.

Exit codes: 0 success, 1 failure while running, 2 wrong command line or
environment, 130 interrupted by Ctrl-C.`;

/**
 * `help x` is `x --help`. Of a command that doesn't exist only the name is left, so that it is what is complained of:
 * commander would answer a `--help` behind it as if all were well.
 */
function normalise(args: readonly string[], commands: readonly Command[]): readonly string[] {
  const line = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  const [name] = line;
  const known = name === undefined || name.startsWith('-') || commands.some((it) => it.name === name);
  return known ? line : [name];
}

/** Settings that every command has alike. */
function configure(command: CommanderCommand, io: Io, flagsHeading: string): CommanderCommand {
  return command
    .exitOverride()
    .addHelpOption(new Option('-h, --help', 'Print this help.').helpGroup(flagsHeading))
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(`${usageError(fullName(command), text)}\n`),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .configureHelp({
      optionTerm: ({ flags }) => flags.replaceAll(/[<>]/g, ''),
      argumentTerm: (argument) => argument.name(),
      subcommandTerm: (sub) => sub.name(),
      // Commands stand in two columns; flags are too long for that, and have their text below.
      formatItem: (term, termWidth, description, helper) => {
        const isCommand = /^[a-z]/.test(term);
        const indent = isCommand ? termWidth + 5 : 6;
        const text = helper.boxWrap(description, (helper.helpWidth ?? 80) - indent);
        const lines = text.replaceAll('\n', `\n${' '.repeat(indent)}`);
        return isCommand ? `  ${term.padEnd(termWidth + 3)}${lines}` : `  ${term}\n      ${lines}`;
      },
    });
}

/** The flag as commander knows it. Its text is read by our own parser afterwards, so that all problems come at once. */
function option(name: string, flag: Flag): Option {
  const usage = flagUsage(name, flag);
  // To commander, angle brackets mean that the value can't be left out.
  const flags = flag.kind === 'switch' ? usage : usage.replace(flag.placeholder, (it) => `<${it}>`);
  const result = new Option(flags, describeFlag(name, flag));
  if (flag.kind === 'repeated') {
    result.argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  return result.helpGroup(`${flag.group}:`);
}

function describeFlag(name: string, flag: Flag): string {
  const notes = [
    ['env', envName(name, flag)],
    ['default', defaultText(flag)],
  ].flatMap(([label, text]) => (text === undefined ? [] : [`[${label}: ${text}]`]));
  return [flag.help, ...(notes.length === 0 ? [] : [notes.join(' ')])].join('\n');
}

function givenFlags(command: Command, parsed: CommanderCommand): GivenFlags {
  const values: Readonly<Record<string, unknown>> = parsed.opts();
  return Object.fromEntries(
    Object.keys(command.flags).flatMap((name) => {
      const value = values[configKey(name)];
      return isGiven(value) ? [[name, value]] : [];
    }),
  );
}

function isGiven(value: unknown): value is string | boolean | readonly string[] {
  return typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value);
}

function fullName(command: CommanderCommand): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** commander's account of a wrong command line in our words and one line. */
function usageError(name: string, message: string): string {
  const problem = message
    .trim()
    .replace(/^error: /, '')
    .replace(/^unknown option/, 'unknown flag')
    .replace(/^option '(.*)<(.*)>' argument missing$/, "flag '$1$2' needs a value")
    .replace(/^(too many arguments).*$/, '$1')
    .replace(/\n\(Did you mean (.*)\?\)$/, '; did you mean $1?')
    .replaceAll('\n', ' ');
  return `${name}: ${problem}${problem.endsWith('?') ? '' : `; see ${name} --help`}`;
}
