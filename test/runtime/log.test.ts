import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLogger, type LogFormat, type LogLevel } from '../../src/runtime/log.js';

function logTo(format: LogFormat, level: LogLevel = 'info') {
  let written = '';
  const destination = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  const log = createLogger({ level, format, destination });
  return { log, text: () => written, line: () => JSON.parse(written) as Record<string, unknown> };
}

describe('json', () => {
  test('a line has its time, its level in words, its message and its fields, and nothing else', () => {
    const { log, line } = logTo('json');
    log.child({ component: 'c' }).warn({ kind: 'Pod', count: 2 }, 'watch failed');
    expect(line()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      component: 'c',
      kind: 'Pod',
      count: 2,
      msg: 'watch failed',
    });
  });

  test('an error has its stack and its causes', () => {
    const { log, line } = logTo('json');
    const root = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    log.error({ err: new Error('no list', { cause: new TypeError('no get', { cause: root }) }) }, 'failed');
    expect(line()['err']).toEqual({
      type: 'Error',
      message: 'no list',
      stack: expect.stringContaining('log.test.ts'),
      cause: {
        type: 'TypeError',
        message: 'no get',
        stack: expect.stringContaining('TypeError: no get'),
        cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED', stack: expect.any(String) },
      },
    });
  });

  test('the errors of an AggregateError are all there', () => {
    const { log, line } = logTo('json');
    log.error({ err: new AggregateError([new Error('one'), new Error('two')], 'both') });
    expect(line()['err']).toMatchObject({
      message: 'both',
      aggregateErrors: [{ message: 'one' }, { message: 'two' }],
    });
  });

  test('bigints are numbers, at any depth', () => {
    const { log, text } = logTo('json');
    log.child({ bound: 1n }).info({ top: 18_446_744_073_709_551_615n, nested: { list: [2n] } }, 'counted');
    expect(text()).toContain('"bound":1,"top":18446744073709551615,"nested":{"list":[2]},"msg":"counted"');
  });

  test('a cycle is written, not thrown', () => {
    const { log, line } = logTo('json');
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    log.info({ cycle });
    expect(line()['cycle']).toEqual({ self: '[Circular]' });
  });

  test('lines below the level are not written', () => {
    const { log, text } = logTo('json', 'warn');
    log.info('quiet');
    expect(text()).toBe('');
    expect(log.isLevelEnabled('info')).toBe(false);
  });
});

describe('pretty', () => {
  test('is for people', () => {
    const { log, text } = logTo('pretty');
    log.info({ port: 8086 }, 'listening');
    expect(text()).toMatch(/INFO: listening\n\s+port: 8086\n/);
  });

  test('is not what auto is, away from a terminal', () => {
    const { log, line } = logTo('auto');
    log.info('listening');
    expect(line()).toMatchObject({ level: 'info', msg: 'listening' });
  });
});
