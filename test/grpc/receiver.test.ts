import { describe, expect, test } from 'vitest';
import { frame } from '../../src/grpc/framed.js';
import { openCallOf, type OpenCall } from '../../src/grpc/open-call.js';
import { StatusError } from '../../src/grpc/status.js';
import { until } from '../kit/until.js';
import { type Bidi, lab, labDefinition, outcomeOf, rawCall, rawClient, runLab } from './lab.js';

/** A chat whose messages are taken past the handler's side of the call. */
async function receivingLab(onMessage: (text: string, open: OpenCall) => void) {
  const calls: OpenCall[] = [];
  const running = await runLab({
    services: lab({
      chat(call: Bidi) {
        const open = openCallOf(call);
        calls.push(open);
        open.receive({
          message: (message) => onMessage(String(message), open),
          end: () => call.end(),
        });
      },
    }),
  });
  return { running, calls };
}

describe('a receiver', () => {
  test('has one message for each that it asks for, and then the end', async () => {
    const got: string[] = [];
    const { running, calls } = await receivingLab((text) => got.push(text));
    const chat = running.client().chat();
    for (const text of ['a', 'b', 'c']) chat.write(text);
    chat.end();
    await until(() => calls.length === 1);
    const open = calls[0]!;
    for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      open.next();
      await until(() => got.length === expected.length);
      expect(got).toEqual(expected);
    }
    open.next();
    expect(await outcomeOf(chat)).toEqual({ code: 0, details: 'OK', messages: [] });
    expect(await running.samples('grpc_server_msg_received_total')).toEqual({
      'bidi_stream test.v1.Lab Chat': 3,
    });
  });

  test('answers each message, and takes the next when the answer is taken', async () => {
    const { running, calls } = await receivingLab((text, open) => {
      open.send(frame(Buffer.from(text.toUpperCase())), () => open.next());
    });
    const chat = running.client().chat();
    for (const text of ['a', 'b', 'c']) chat.write(text);
    chat.end();
    await until(() => calls.length === 1);
    calls[0]!.next();
    expect(await outcomeOf(chat)).toEqual({ code: 0, details: 'OK', messages: ['A', 'B', 'C'] });
  });

  test('is not sent more than a window by a client that it asks for nothing', async () => {
    const got: string[] = [];
    const { running, calls } = await receivingLab((text, open) => {
      got.push(text);
      open.next();
    });
    const session = rawClient(running.server.port);
    const chat = rawCall(session, labDefinition.chat.path);
    await until(() => calls.length === 1);
    const texts = Array.from({ length: 1_000 }, (_, nth) => String(nth).padStart(1_000, '.'));
    let written = 0;
    for (const text of texts) chat.write(frame(Buffer.from(text)).buffer, () => (written += 1));
    chat.end();
    await until(() => written > 0);
    for (let before = 0; before < written; ) {
      before = written;
      await new Promise((resolve) => session.ping(resolve));
    }
    expect(written).toBeLessThan(200);
    calls[0]!.next();
    await until(() => got.length === texts.length);
    expect(got).toEqual(texts);
  });

  test.each([
    [new StatusError(3, 'text: not a letter'), { code: 3, details: 'text: not a letter' }],
    [new Error('a bug'), { code: 13, details: 'internal error' }],
  ])('ends the call by what it throws: %s', async (error, expected) => {
    const { running, calls } = await receivingLab(() => {
      throw error;
    });
    const chat = running.client().chat();
    chat.write('?');
    await until(() => calls.length === 1);
    calls[0]!.next();
    expect(await outcomeOf(chat)).toMatchObject(expected);
  });

  test('has nothing of a call that is ending', async () => {
    const got: string[] = [];
    const { running, calls } = await receivingLab((text, open) => {
      got.push(text);
      open.end({ code: 10, details: 'enough' });
      open.next();
    });
    const chat = running.client().chat();
    chat.write('a');
    chat.write('b');
    await until(() => calls.length === 1);
    calls[0]!.next();
    expect(await outcomeOf(chat)).toMatchObject({ code: 10, details: 'enough' });
    await until(() => running.server.openCalls().length === 0);
    expect(got).toEqual(['a']);
  });
});
