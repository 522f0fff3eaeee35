import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalog } from '../../src/commands/catalog.js';
import { command } from '../../src/commands/command.js';
import type { FlagTable } from '../../src/config/flag.js';
import { nonEmpty } from '../../src/config/parsers.js';
import { run } from './run-program.js';

describe('help', () => {
  test('of the program', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('golden/help.txt');
  });

  test.each(catalog.map(({ name }) => name))('of %s', async (name) => {
    const { code, stdout, stderr } = await run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`golden/help-${name}.txt`);
    expect(await run([name, '-h'])).toEqual({ code, stdout, stderr });
    expect(await run(['help', name])).toEqual({ code, stdout, stderr });
  });

  test.each([80, 100])('fits into %i columns', async (columns) => {
    for (const words of [[], ...catalog.map(({ name }) => [name])]) {
      const { stdout } = await run([...words, '--help'], { columns });
      expect(stdout.split('\n').filter((line) => line.length > columns)).toEqual([]);
    }
  });

  test('of nothing is that of the program, on stderr, since nothing is no command', async () => {
    const { stdout: help } = await run(['help']);
    expect(await run([])).toEqual({ code: 2, stdout: '', stderr: help });
  });

  test('loads no code', async () => {
    const lazy = command({
      name: 'lazy',
      summary: 'Never runs.',
      details: [],
      operands: 'none',
      flags: {},
      load: () => Promise.reject(new Error('loaded')),
    });
    expect(await run(['lazy', '--help'], { commands: [lazy] })).toMatchObject({ code: 0, stderr: '' });
    await expect(run(['lazy'], { commands: [lazy] })).rejects.toThrow('loaded');
  });
});

describe('a wrong command line', () => {
  test.each([
    ['endponts', "conduit: unknown command 'endponts'; did you mean endpoints?"],
    ['endponts --help', "conduit: unknown command 'endponts'; did you mean endpoints?"],
    ['help endponts', "conduit: unknown command 'endponts'; did you mean endpoints?"],
    ['zzz', "conduit: unknown command 'zzz'; see conduit --help"],
    ['--verison', "conduit: unknown flag '--verison'; did you mean --version?"],
    [
      'controller --proxy-api-adr :1',
      "conduit controller: unknown flag '--proxy-api-adr'; did you mean --proxy-api-addr?",
    ],
    ['version --zzz', "conduit version: unknown flag '--zzz'; see conduit version --help"],
    [
      'controller --api-addr',
      "conduit controller: flag '--api-addr HOST:PORT' needs a value; see conduit controller --help",
    ],
    ['controller now', 'conduit controller: too many arguments; see conduit controller --help'],
    ['endpoints', "conduit endpoints: missing required argument 'AUTHORITY'; see conduit endpoints --help"],
    ['version --output yaml', 'conduit version: --output "yaml": expected one of text, json'],
  ])('conduit %s', async (line, stderr) => {
    expect(await run(line.split(' '))).toEqual({ code: 2, stdout: '', stderr: `${stderr}\n` });
  });

  test('and environment have all their problems told', async () => {
    const env = { CONDUIT_LOG_LEVEL: 'loud', CONDUIT_ADMIN_ADDR: '9990' };
    const { code, stdout, stderr } = await run(['controller', '--api-addr=80'], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    await expect(stderr).toMatchFileSnapshot('golden/problems.txt');
  });
});

test('a command gets its configuration, its operands and the exit code it wants', async () => {
  const flags = {
    file: {
      kind: 'repeated',
      placeholder: 'FILE',
      parse: nonEmpty('a path'),
      default: { kind: 'unset', says: 'none' },
      help: '',
      group: 'Flags',
    },
    'very-loud': { kind: 'switch', short: 'l', help: '', group: 'Flags' },
  } as const satisfies FlagTable;
  const seen: unknown[] = [];
  const echo = command({
    name: 'echo',
    summary: 'Echo.',
    details: [],
    operands: { placeholder: 'WORD', help: 'Any.' },
    flags,
    load: async () => ({
      run: async (config, io, operands) => {
        seen.push(config, operands);
        io.stdout.write('done\n');
        return 7;
      },
    }),
  });
  const line = ['echo', 'a', '--file', 'x', 'b', '-l', '--file=y', '--', '-c'];
  expect(await run(line, { commands: [echo] })).toEqual({ code: 7, stdout: 'done\n', stderr: '' });
  expect(seen).toEqual([{ file: ['x', 'y'], veryLoud: true }, ['a', 'b', '-c']]);
});

test('version', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { version: node, platform, arch } = process;
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `conduit ${version}\n`, stderr: '' });
  expect(await run(['version'])).toEqual({
    code: 0,
    stdout: `conduit ${version}\nNode.js ${node}\n${platform}/${arch}\n`,
    stderr: '',
  });
  const { code, stdout } = await run(['version', '-o', 'json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ version, node, platform, arch });
});
