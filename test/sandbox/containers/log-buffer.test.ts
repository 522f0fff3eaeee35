import { describe, expect, test } from 'vitest';
import { LogBuffer } from '../../../src/sandbox/containers/log-buffer.js';

function buffer(maxLength?: number) {
  let nowMs = 0;
  const log = new LogBuffer({ nowMs: () => ++nowMs, ...(maxLength !== undefined && { maxLength }) });
  const texts = (from = 0): readonly string[] => log.since(from).map(({ text }) => text);
  return { log, texts };
}

describe('a log', () => {
  test('has lines, whatever pieces they come in', () => {
    const { log, texts } = buffer();
    const word = Buffer.from('grün\n');
    log.append('stdout', Buffer.from('one\ntw'));
    log.append('stderr', Buffer.from('between\n'));
    log.append('stdout', Buffer.from('o\n'));
    log.append('stdout', word.subarray(0, 3));
    log.append('stdout', word.subarray(3));
    log.append('stdout', Buffer.from('\nlast'));
    expect(texts()).toEqual(['one', 'between', 'two', 'grün', '']);
    log.end();
    expect(texts()).toEqual(['one', 'between', 'two', 'grün', '', 'last']);
    expect(log.since(0).map(({ atMs }) => atMs)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(log.ended).toBe(true);
  });

  test('keeps the latest lines only, and their numbers', () => {
    const { log, texts } = buffer(20);
    for (let number = 0; number < 10; number += 1) log.append('stdout', Buffer.from(`line ${number}\n`));
    expect({ first: log.first, next: log.next }).toEqual({ first: 8, next: 10 });
    expect(texts()).toEqual(['line 8', 'line 9']);
    expect(texts(9)).toEqual(['line 9']);
    expect(texts(10)).toEqual([]);
  });

  test('cuts lines that are too long', () => {
    const { log, texts } = buffer();
    log.append('stdout', Buffer.from('x'.repeat(40_000)));
    expect(texts().map(({ length }) => length)).toEqual([16_384, 16_384]);
    log.append('stdout', Buffer.from('\n'));
    expect(texts().map(({ length }) => length)).toEqual([16_384, 16_384, 7_232]);
    log.append('stderr', Buffer.from(`${'y'.repeat(20_000)}\n`));
    expect(texts(3).map(({ length }) => length)).toEqual([16_384, 3_616]);
  });

  test('tells its followers of new lines and of the end, until they leave', () => {
    const { log } = buffer();
    const told: string[] = [];
    const leave = log.follow(() => told.push('one'));
    log.follow(() => told.push('two'));
    log.append('stdout', Buffer.from('hello\n'));
    leave();
    log.end();
    expect(told).toEqual(['one', 'two', 'two']);
  });
});
