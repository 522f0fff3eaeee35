import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { exitOnBug, type ProcessHandle, stopInTime } from '../../src/runtime/shutdown.js';
import { recordingLog } from '../kit/log.js';
import { start } from '../kit/program.js';
import { until } from '../kit/until.js';

class FakeProcess extends EventEmitter implements ProcessHandle {
  readonly exitCodes: number[] = [];

  exit(code: number): void {
    this.exitCodes.push(code);
  }

  getActiveResourcesInfo(): string[] {
    return ['TCPSocketWrap', 'Timeout', 'TCPSocketWrap'];
  }
}

describe('stopInTime', () => {
  test('resolves when all has stopped, and exits nothing', async () => {
    const host = new FakeProcess();
    const { log, lines } = recordingLog();
    await stopInTime({ log, host, stop: () => Promise.resolve() });
    expect(host.exitCodes).toEqual([]);
    expect(lines.map(({ msg }) => msg)).toEqual(['stopping', 'stopped']);
  });

  test('at the deadline it exits with 1, and says what the process still held', async () => {
    const host = new FakeProcess();
    const { log, lines } = recordingLog();
    void stopInTime({ log, host, deadlineMs: 20, stop: () => new Promise(() => undefined) });
    await until(() => host.exitCodes.length > 0);
    expect(host.exitCodes).toEqual([1]);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      msg: 'not stopped in time',
      resources: { TCPSocketWrap: 2, Timeout: 1 },
      deadlineMs: 20,
    });
  });
});

describe('exitOnBug', () => {
  const bug = { level: 'fatal', err: { message: 'a bug', cause: { message: 'the root' } } };

  test('logs the error with its cause and exits with 70', () => {
    const host = new FakeProcess();
    const { log, lines } = recordingLog();
    exitOnBug({ log, host });
    host.emit('uncaughtException', new Error('a bug', { cause: new Error('the root') }), 'uncaughtException');
    expect(host.exitCodes).toEqual([70]);
    expect(lines).toMatchObject([{ ...bug, origin: 'uncaughtException' }]);
  });

  test.each(['throws', 'rejects'])('ends a real process that %s', async (behaviour) => {
    const program = start(process.execPath, [
      '--import',
      'tsx',
      'test/runtime/failing-process.ts',
      behaviour,
    ]);
    expect(await program.end()).toBe(70);
    expect(JSON.parse(program.stderr())).toMatchObject(bug);
  });
});
