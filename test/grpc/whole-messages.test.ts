import { once } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { frame } from '../../src/grpc/framed.js';
import { takeWholeMessages } from '../../src/grpc/whole-messages.js';
import { Random } from '../kit/random.js';
import { runBareServer } from './bare-server.js';
import { type Bidi, labDefinition, rawCall, rawClient } from './lab.js';

/** Less than a frame of data, so that one too large may come whole. */
const maxMessageBytes = 10_000;

/** A chat with a bare server, which answers each message with its length and first letters. */
async function openChat(intercept: ServerInterceptor): Promise<ClientHttp2Stream> {
  const port = await runBareServer(
    { chat: { ...labDefinition.chat, requestDeserialize: decode } },
    {
      chat(call: Bidi) {
        call.on('data', (message: string) => call.write(answerTo(message)));
        call.on('end', () => call.end());
        call.on('error', () => undefined);
      },
    },
    { interceptors: [intercept], 'grpc.max_receive_message_length': maxMessageBytes },
  );
  return rawCall(rawClient(port), labDefinition.chat.path, { 'grpc-encoding': 'gzip' });
}

function decode(bytes: Buffer): string {
  if (bytes.equals(undecodable)) throw new Error('not a message');
  return bytes.toString();
}

const undecodable = Buffer.from('undecodable');
const answerTo = (message: string): string => `${message.length} ${message.slice(0, 10)}`;

/** Takes whole messages of each call. `left` is called with each chunk that is left to grpc-js. */
function taking(left: (chunk: Buffer) => void = () => undefined): ServerInterceptor {
  return (_method, call) => {
    const start = call.start.bind(call);
    call.start = (listener) => {
      start(listener);
      const handle = Reflect.get(call, 'handleDataFrame') as (chunk: Buffer) => void;
      Reflect.set(call, 'handleDataFrame', (chunk: Buffer) => {
        left(chunk);
        handle.call(call, chunk);
      });
      expect(takeWholeMessages(call)).toBe(true);
    };
    return call as ServerInterceptingCall;
  };
}

interface Outcome {
  readonly status: string;
  readonly answers: string;
}

/** Writes each chunk as data of its own, ends, and waits for the end of the call. */
async function say(chat: ClientHttp2Stream, chunks: readonly Uint8Array[]): Promise<Outcome> {
  const answers: Buffer[] = [];
  chat.on('data', (chunk: Buffer) => answers.push(chunk));
  const closed = once(chat, 'close');
  let status = '';
  for (const event of ['response', 'trailers']) {
    chat.on(event, (headers: Record<string, string>) => (status = headers['grpc-status'] ?? status));
  }
  for (const chunk of chunks) {
    if (chunk.length > 0) await new Promise<void>((resolve) => chat.write(chunk, () => resolve()));
  }
  chat.end();
  await closed;
  return { status, answers: Buffer.concat(answers).toString() };
}

const framed = (text: string): Buffer => frame(Buffer.from(text)).buffer;

function gzipped(text: string): Buffer {
  const buffer = Buffer.from(frame(gzipSync(text)).buffer);
  buffer.writeUInt8(1, 0);
  return buffer;
}

const answersTo = (messages: readonly string[]): string =>
  Buffer.concat(messages.map((message) => framed(answerTo(message)))).toString();

describe('whole messages', () => {
  test('are taken, and nothing else is', async () => {
    const left: Buffer[] = [];
    const chat = await openChat(taking((chunk) => left.push(chunk)));
    const two = Buffer.concat([framed('b'), framed('c')]);
    const outcome = await say(chat, [framed('a'), two, framed(''), gzipped('d'), framed('e')]);
    expect(outcome).toEqual({ status: '0', answers: answersTo(['a', 'b', 'c', '', 'd', 'e']) });
    expect(left).toEqual([two, gzipped('d')]);
  });

  test('are not seen in the midst of another', async () => {
    const chat = await openChat(taking());
    const outer = framed(framed('inner').toString());
    const outcome = await say(chat, [outer.subarray(0, 5), outer.subarray(5), framed('a')]);
    expect(outcome).toEqual({ status: '0', answers: answersTo([framed('inner').toString(), 'a']) });
  });

  test('are left to a call that reads otherwise', async () => {
    const told: boolean[] = [];
    const chat = await openChat((_method, call) => {
      const wrapped = new ServerInterceptingCall(call);
      told.push(takeWholeMessages(wrapped));
      return wrapped;
    });
    expect(await say(chat, [framed('a')])).toEqual({ status: '0', answers: answersTo(['a']) });
    expect(told).toEqual([false]);
  });

  test.each(
    Array.from({ length: 30 }, (_, seed) => seed),
  )('come in their order and unchanged, however they are cut into chunks: seed %i', async (seed) => {
    const random = new Random(seed);
    const messages: string[] = [];
    const parts: Buffer[] = [];
    for (let count = 0; count < 40; count++) {
      const length = random.pick([0, 1, 2, 100, maxMessageBytes]);
      const message = String.fromCharCode(97 + random.int(26)).repeat(length);
      messages.push(message);
      parts.push(random.chance(0.1) ? gzipped(message) : framed(message));
    }
    const chat = await openChat(taking());
    const outcome = await say(chat, random.chance(0.3) ? parts : cut(Buffer.concat(parts), parts, random));
    expect(outcome).toEqual({ status: '0', answers: answersTo(messages) });
  });

  test('that are too large end the call, as those in parts do', async () => {
    const tooLarge = framed('x'.repeat(maxMessageBytes + 1));
    for (const chunks of [[tooLarge], [tooLarge.subarray(0, 5)]]) {
      const chat = await openChat(taking());
      expect(await say(chat, [framed('a'), ...chunks])).toMatchObject({ status: '8' });
    }
  });

  test("that don't decode end the call", async () => {
    const chat = await openChat(taking());
    expect(await say(chat, [frame(undecodable).buffer, framed('a')])).toEqual({ status: '13', answers: '' });
  });
});

/** `bytes` in chunks that end anywhere, or with a part, each as likely. */
function cut(bytes: Buffer, parts: readonly Buffer[], random: Random): readonly Buffer[] {
  const ends = new Set([bytes.length]);
  let end = 0;
  for (const part of parts) {
    if (random.chance(0.3)) ends.add(end + random.int(part.length));
    end += part.length;
    if (random.chance(0.6)) ends.add(end);
  }
  const chunks: Buffer[] = [];
  let start = 0;
  for (const to of [...ends].toSorted((one, other) => one - other)) {
    chunks.push(bytes.subarray(start, to));
    start = to;
  }
  return chunks;
}
