import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { RefusedWrite } from '../../../src/sandbox/controllers/client.js';
import { WorkQueue } from '../../../src/sandbox/controllers/work-queue.js';
import { failure } from '../../../src/sandbox/store/status.js';
import { VirtualClock } from './virtual-clock.js';

let clock: VirtualClock;
let seen: string[];
let lines: { level: number; msg: string; key: string; retryMs: number }[];

function queue(reconcile: (key: string) => void): WorkQueue {
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return new WorkQueue({
    name: 'test',
    clock,
    log,
    reconcile: (key) => {
      seen.push(`${key}@${clock.now()}`);
      reconcile(key);
    },
  });
}

beforeEach(() => {
  clock = new VirtualClock(0);
  seen = [];
  lines = [];
});

test('works off each key once, in the order of first mention, and never at once', () => {
  const work = queue(() => {});
  for (const key of ['b', 'a', 'b', 'c', 'a']) work.add(key);
  expect(seen).toEqual([]);
  clock.settle();
  expect(seen).toEqual(['b@0', 'a@0', 'c@0']);
});

test('takes a key again that is added while it is worked on', () => {
  let left = 2;
  const work = queue((key) => {
    if (left-- > 0) work.add(key);
  });
  work.add('a');
  clock.settle();
  expect(seen).toEqual(['a@0', 'a@0', 'a@0']);
});

test('leaves the event loop to others after 25 keys', () => {
  const work = queue(() => {});
  for (let key = 0; key < 60; key += 1) work.add(String(key));
  const turns = [];
  while (clock.step()) turns.push(seen.length);
  expect(turns).toEqual([25, 50, 60]);
});

test('adds a key later, by the earliest of several times, unless it is worked on before', () => {
  const work = queue(() => {});
  work.addAfter('a', 500);
  work.addAfter('a', 200);
  work.addAfter('a', 900);
  work.addAfter('b', 300);
  clock.advance(250);
  work.add('b');
  clock.advance(10_000);
  expect(seen).toEqual(['a@200', 'b@250']);
  expect(clock.pending).toBe(0);
});

test('tries a key again after pauses that double, and afresh after a success', () => {
  let failures = 4;
  const work = queue(() => {
    if (failures-- > 0) throw new RefusedWrite(failure({ code: 409, reason: 'Conflict', message: 'stale' }));
  });
  work.add('a');
  clock.advance(1_000);
  expect(seen).toEqual(['a@0', 'a@5', 'a@15', 'a@35', 'a@75']);
  failures = 1;
  work.add('a');
  clock.advance(1_000);
  expect(seen.slice(5)).toEqual(['a@1000', 'a@1005']);
  // Losing a race is nobody's concern.
  expect(lines.every(({ level }) => level === 20)).toBe(true);
});

test('says of a refusal that it was refused, and of a defect that it is one, and goes on with other keys', () => {
  const work = queue((key) => {
    if (key === 'refused') throw new RefusedWrite(failure({ code: 422, reason: 'Invalid', message: 'no' }));
    if (key === 'defect') throw new TypeError('oops');
  });
  for (const key of ['refused', 'defect', 'fine']) work.add(key);
  clock.settle();
  expect(seen).toEqual(['refused@0', 'defect@0', 'fine@0']);
  expect(lines.map(({ level, msg, key, retryMs }) => ({ level, msg, key, retryMs }))).toEqual([
    { level: 40, msg: 'reconcile refused', key: 'refused', retryMs: 5 },
    { level: 50, msg: 'reconcile failed', key: 'defect', retryMs: 5 },
  ]);
});

test('does nothing once closed', () => {
  const work = queue(() => work.close());
  for (const key of ['a', 'b']) work.add(key);
  work.addAfter('c', 100);
  clock.advance(1_000);
  work.add('d');
  work.addAfter('e', 1);
  clock.advance(1_000);
  expect(seen).toEqual(['a@0']);
  expect(clock.pending).toBe(0);
});
