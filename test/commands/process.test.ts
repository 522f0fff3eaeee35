import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { ScriptedDestination, weighted } from '../client/scripted-destination.js';
import { until } from '../kit/until.js';

/** What only a process of its own can show: signals, closed pipes, exit codes as a shell sees them. */

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function start(...args: readonly string[]) {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [
    '--import',
    'tsx',
    'src/main.ts',
    ...args,
  ]);
  cleanups.push(() => child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (output.stderr += String(chunk)));
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, output, exit };
}

async function startWatch() {
  const server = await ScriptedDestination.listen();
  cleanups.push(() => server.kill());
  const watch = start('endpoints', 'web.shop.svc.cluster.local', '--watch', '--addr', server.address);
  const call = await until(() => server.nextCall(), { timeoutMs: 15_000 });
  call.add([weighted('10.0.0.1', 80)]);
  await until(() => watch.output.stdout.includes('10.0.0.1'), { timeoutMs: 15_000 });
  return { ...watch, call };
}

test('a wrong command line is exit code 2', async () => {
  const { exit, output } = start('versoin');
  expect(await exit).toEqual({ code: 2, signal: null });
  expect(output).toEqual({
    stdout: '',
    stderr: "conduit: unknown command 'versoin'; did you mean version?\n",
  });
});

describe('a watch', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with %s, and says so by its exit code', async (signal, code) => {
    const { child, exit, output } = await startWatch();
    child.kill(signal);
    expect(await exit).toEqual({ code, signal: null });
    expect(output.stderr).toBe('');
  });

  test('ends quietly when its reader goes away', async () => {
    const { child, exit, output, call } = await startWatch();
    child.stdout.destroy();
    call.add([weighted('10.0.0.2', 80)]);
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(output.stderr).toBe('');
  });
});
