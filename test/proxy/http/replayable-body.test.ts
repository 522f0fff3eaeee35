import { describe, expect, test } from 'vitest';
import type { BodyReceiver, BodySource } from '../../../src/proxy/http/body.js';
import { ReplayableBody } from '../../../src/proxy/http/replayable-body.js';

/** A source that delivers what the test gives it, and says what it was told. */
class ScriptedSource implements BodySource {
  receiver: BodyReceiver | undefined;
  resumed = 0;
  cancelled: number[] = [];

  start(receiver: BodyReceiver): void {
    this.receiver = receiver;
  }

  resume(): void {
    this.resumed += 1;
  }

  cancel(code: number): void {
    this.cancelled.push(code);
  }

  data(text: string): boolean {
    return this.receiver!.data(Buffer.from(text));
  }
}

/** Takes what it gets; `room` is how many chunks it takes before it has had enough. */
class Reader implements BodyReceiver {
  text = '';
  ended: string | undefined;
  room: number;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  data(chunk: Buffer): boolean {
    this.text += chunk.toString();
    this.room -= 1;
    return this.room > 0;
  }

  end(trailers: readonly string[]): void {
    this.ended = `end ${trailers.join(' ')}`;
  }

  fail(code: number): void {
    this.ended = `failed ${code}`;
  }
}

function lab(maxBytes = 10) {
  const source = new ScriptedSource();
  return { source, body: new ReplayableBody(source, { maxBytes }) };
}

test('passes content through', () => {
  const { source, body } = lab();
  const reader = new Reader();
  expect(body.isStarted).toBe(false);
  body.attempt().start(reader);
  source.data('ab');
  source.data('c');
  source.receiver?.end(['x', 'y']);
  expect([reader.text, reader.ended, body.isStarted]).toEqual(['abc', 'end x y', true]);
});

describe('another attempt', () => {
  test('gets the content from its beginning, and what still comes', () => {
    const { source, body } = lab();
    const [first, second] = [new Reader(), new Reader()];
    const attempt = body.attempt();
    attempt.start(first);
    source.data('abc');
    attempt.cancel(8);
    expect(source.data('de')).toBe(false);
    body.attempt().start(second);
    expect(source.resumed).toBe(1);
    source.data('f');
    source.receiver?.end([]);
    expect([first.text, first.ended]).toEqual(['abc', undefined]);
    expect([second.text, second.ended]).toEqual(['abcdef', 'end ']);
  });

  test('gets the end that came before it', () => {
    const { source, body } = lab();
    body.attempt().start(new Reader());
    source.data('abc');
    source.receiver?.end(['t', '1']);
    const second = new Reader();
    body.attempt().start(second);
    expect([second.text, second.ended]).toEqual(['abc', 'end t 1']);
  });

  test('is at its own pace', () => {
    const { source, body } = lab();
    body.attempt().start(new Reader());
    for (const text of ['a', 'b', 'c']) source.data(text);
    source.receiver?.end([]);
    const slow = new Reader(1);
    const attempt = body.attempt();
    attempt.start(slow);
    expect([slow.text, slow.ended]).toEqual(['a', undefined]);
    slow.room = 1;
    attempt.resume();
    expect([slow.text, slow.ended]).toEqual(['ab', undefined]);
    slow.room = 2;
    attempt.resume();
    expect([slow.text, slow.ended]).toEqual(['abc', 'end ']);
  });

  test('is not to be had beyond the limit, where the running one loses nothing', () => {
    const { source, body } = lab(5);
    const reader = new Reader(1);
    const attempt = body.attempt();
    attempt.start(reader);
    source.data('abc');
    source.data('def');
    expect(body.isReplayable).toBe(false);
    reader.room = 10;
    attempt.resume();
    source.data('g');
    expect(reader.text).toBe('abcdefg');
  });

  test('is not to be had after commit, where the running one loses nothing', () => {
    const { source, body } = lab();
    const reader = new Reader(1);
    const attempt = body.attempt();
    attempt.start(reader);
    source.data('a');
    source.data('b');
    body.commit();
    reader.room = 10;
    attempt.resume();
    expect([reader.text, body.isReplayable]).toEqual(['ab', false]);
  });
});

test('back pressure reaches the source', () => {
  const { source, body } = lab();
  const reader = new Reader(2);
  const attempt = body.attempt();
  attempt.start(reader);
  expect([source.data('a'), source.data('b')]).toEqual([true, false]);
  reader.room = 5;
  attempt.resume();
  expect(source.resumed).toBe(1);
});

test('failures and cancellations pass', () => {
  const { source, body } = lab();
  const reader = new Reader();
  body.attempt().start(reader);
  source.receiver?.fail(8);
  expect(reader.ended).toBe('failed 8');

  const other = lab();
  other.body.attempt().start(new Reader());
  other.body.cancel(2);
  expect(other.source.cancelled).toEqual([2]);
});

test('what nobody wants is read and dropped', () => {
  const { source, body } = lab();
  body.discard();
  expect(source.data('abc')).toBe(true);
});
