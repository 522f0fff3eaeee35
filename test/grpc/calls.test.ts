import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { StatusError } from '../../src/grpc/status.js';
import { until } from '../kit/until.js';
import {
  answerOf,
  type Bidi,
  lab,
  outcomeOf,
  type Respond,
  type RunningLab,
  runLab,
  type ServerStream,
} from './lab.js';

/** Every series of a call that ended, by method and code; and that none is still counted as open. */
async function ended(running: RunningLab): Promise<Readonly<Record<string, number>>> {
  await until(() => running.server.openCalls().length === 0);
  expect(await running.samples('conduit_grpc_streams_open')).toEqual({});
  return await running.samples('grpc_server_handled_total');
}

describe('calls that go well', () => {
  test('each kind of method answers, and is counted', async () => {
    const running = await runLab({
      services: lab({
        ask: (call, respond) => respond(null, call.request.toUpperCase()),
        watch(call) {
          for (const letter of call.request) call.write(letter);
          call.end();
        },
        collect(call, respond) {
          const parts: string[] = [];
          call.on('data', (part: string) => parts.push(part));
          call.on('end', () => respond(null, parts.join('')));
        },
        chat(call) {
          call.on('data', (part: string) => call.write(`${part}!`));
          call.on('end', () => call.end());
        },
      }),
    });
    const client = running.client();

    expect(await answerOf((callback) => client.ask('hi', callback))).toMatchObject({ messages: ['HI'] });
    expect(await outcomeOf(client.watch('ab'))).toEqual({ code: 0, details: 'OK', messages: ['a', 'b'] });
    const collected = answerOf((callback) => {
      const call = client.collect(callback);
      for (const part of ['x', 'y', 'z']) call.write(part);
      call.end();
    });
    expect(await collected).toMatchObject({ code: 0, messages: ['xyz'] });
    const chat = client.chat();
    chat.write('yes');
    chat.end();
    expect(await outcomeOf(chat)).toEqual({ code: 0, details: 'OK', messages: ['yes!'] });

    expect(await ended(running)).toEqual({
      'unary test.v1.Lab Ask OK': 1,
      'server_stream test.v1.Lab Watch OK': 1,
      'client_stream test.v1.Lab Collect OK': 1,
      'bidi_stream test.v1.Lab Chat OK': 1,
    });
    expect(await running.samples('grpc_server_started_total')).toEqual({
      'unary test.v1.Lab Ask': 1,
      'server_stream test.v1.Lab Watch': 1,
      'client_stream test.v1.Lab Collect': 1,
      'bidi_stream test.v1.Lab Chat': 1,
    });
    expect(await running.samples('grpc_server_msg_sent_total')).toEqual({
      'unary test.v1.Lab Ask': 1,
      'server_stream test.v1.Lab Watch': 2,
      'client_stream test.v1.Lab Collect': 1,
      'bidi_stream test.v1.Lab Chat': 1,
    });
    expect(await running.samples('grpc_server_msg_received_total')).toEqual({
      'unary test.v1.Lab Ask': 1,
      'server_stream test.v1.Lab Watch': 1,
      'client_stream test.v1.Lab Collect': 3,
      'bidi_stream test.v1.Lab Chat': 1,
    });
    expect(running.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('every method has its series before its first call', async () => {
    const { registry } = await runLab({ services: lab({}) });
    const text = await registry.metrics();
    const labels = 'grpc_type="unary",grpc_service="test.v1.Lab",grpc_method="Ask"';
    expect(text).toContain(`grpc_server_started_total{${labels}} 0`);
    expect(text).toContain(`grpc_server_handled_total{${labels},grpc_code="OK"} 0`);
  });

  test('only the first answer of a handler counts', async () => {
    const running = await runLab({
      services: lab({
        ask(_call, respond) {
          respond(null, 'first');
          respond(null, 'second');
          respond(new Error('third'));
        },
      }),
    });
    const client = running.client();
    expect(await answerOf((callback) => client.ask('?', callback))).toMatchObject({ messages: ['first'] });
    expect(await ended(running)).toEqual({ 'unary test.v1.Lab Ask OK': 1 });
  });
});

describe('calls that go wrong', () => {
  const boom = (): Error => new Error('secret: boom', { cause: new Error('the root') });
  const internal = { code: status.INTERNAL, details: 'internal error', messages: [] };

  /** Ways in which a handler of a single response, or of a stream, meets an error. */
  const singleFailures: Record<string, (error: unknown, respond: Respond) => unknown> = {
    throws(error) {
      throw error;
    },
    async rejects(error) {
      await sleep(0);
      throw error;
    },
    'calls back': (error, respond) => respond(error as Error),
  };
  const streamFailures: Record<string, (error: unknown, call: ServerStream | Bidi) => unknown> = {
    throws(error) {
      throw error;
    },
    async rejects(error) {
      await sleep(0);
      throw error;
    },
    emits: (error, call) => call.emit('error', error),
    destroys: (error, call) => call.destroy(error as Error),
  };

  async function outcomeOfFailing(way: string, kind: string, error: unknown) {
    const single = (_call: unknown, respond: Respond): unknown => singleFailures[way]?.(error, respond);
    const stream = (call: ServerStream | Bidi): unknown => streamFailures[way]?.(error, call);
    const running = await runLab({
      services: lab({
        ask: single,
        collect: (call, respond) =>
          way === 'destroys' ? call.destroy(error as Error) : single(call, respond),
        watch: stream,
        chat: stream,
      }),
    });
    const client = running.client();
    switch (kind) {
      case 'ask':
        return { running, outcome: await answerOf((callback) => client.ask('?', callback)) };
      case 'collect':
        return { running, outcome: await answerOf((callback) => client.collect(callback)) };
      case 'watch':
        return { running, outcome: await outcomeOf(client.watch('?')) };
      default:
        return { running, outcome: await outcomeOf(client.chat()) };
    }
  }

  const cases = [
    { way: 'destroys', kind: 'collect' },
    ...Object.keys(singleFailures).flatMap((way) => [
      { way, kind: 'ask' },
      { way, kind: 'collect' },
    ]),
    ...Object.keys(streamFailures).flatMap((way) => [
      { way, kind: 'watch' },
      { way, kind: 'chat' },
    ]),
  ];

  test.each(cases)('$kind $way: an unforeseen error is told to the log, not to the client', async (each) => {
    const { running, outcome } = await outcomeOfFailing(each.way, each.kind, boom());
    expect(outcome).toEqual(internal);
    expect(Object.entries(await ended(running))).toEqual([[expect.stringMatching(/ Internal$/), 1]]);
    expect(running.logLines.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({
        msg: 'handler failed',
        server: 'lab',
        method: expect.stringContaining('/test.v1.Lab/'),
        err: expect.objectContaining({
          message: 'secret: boom',
          cause: expect.objectContaining({ message: 'the root' }),
        }),
      }),
    ]);
  });

  test.each(cases)('$kind $way: a StatusError is told to the client, not to the log', async (each) => {
    const refusal = new StatusError(status.NOT_FOUND, 'no such thing: ü');
    const { running, outcome } = await outcomeOfFailing(each.way, each.kind, refusal);
    expect(outcome).toEqual({ code: status.NOT_FOUND, details: 'no such thing: ü', messages: [] });
    expect(Object.entries(await ended(running))).toEqual([[expect.stringMatching(/ NotFound$/), 1]]);
    expect(running.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each([
    { what: "another server's status", error: Object.assign(new Error('x'), { code: 5, details: 'x' }) },
    { what: 'a code that is none', error: new StatusError(99, 'x') },
    { what: 'a DOMException, whose code is a number', error: new DOMException('x', 'AbortError') },
    { what: 'a string', error: 'x' },
    { what: 'undefined', error: undefined },
  ])('$what is not taken for a status', async ({ error }) => {
    const { outcome } = await outcomeOfFailing('throws', 'watch', error);
    expect(outcome).toEqual(internal);
  });

  test('details that encodeURI chokes on are made well-formed', async () => {
    const { outcome } = await outcomeOfFailing('throws', 'ask', new StatusError(3, 'a\ud800b 100%\n'));
    expect(outcome).toEqual({ code: 3, details: 'a\ufffdb 100%\n', messages: [] });
  });

  test('long details are cut below 1 KB', async () => {
    const { outcome } = await outcomeOfFailing('emits', 'watch', new StatusError(3, '€'.repeat(100_000)));
    expect(outcome.details).toBe(`${'€'.repeat(332)}…`);
  });

  test('messages written before the error arrive', async () => {
    const { client } = await runLab({
      services: lab({
        watch(call) {
          call.write('a');
          throw new StatusError(status.ABORTED, 'enough');
        },
      }),
    });
    expect(await outcomeOf(client().watch('?'))).toEqual({
      code: status.ABORTED,
      details: 'enough',
      messages: ['a'],
    });
  });

  test('a request that does not decode ends its call only', async () => {
    const running = await runLab({ services: lab({}) });
    const garbled = await answerOf((callback) =>
      running.client().makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes.toString(),
        Buffer.from([0xff]),
        callback,
      ),
    );
    expect(garbled).toMatchObject({ code: status.INTERNAL });
    expect(await ended(running)).toEqual({ 'unary grpc.health.v1.Health Check Internal': 1 });
  });

  test('a method that nobody serves is UNIMPLEMENTED', async () => {
    const { client } = await runLab({ services: lab({}) });
    const outcome = await answerOf((callback) =>
      client().makeUnaryRequest(
        '/test.v1.Lab/Nope',
        (text: string) => Buffer.from(text),
        (bytes: Buffer) => bytes.toString(),
        '?',
        callback,
      ),
    );
    expect(outcome.code).toBe(status.UNIMPLEMENTED);
  });

  test('a service without a handler for each method does not start', async () => {
    const [service] = lab({});
    const services = [{ definition: service!.definition, implementation: { ask: () => {} } }];
    await expect(runLab({ services })).rejects.toThrow('/test.v1.Lab/Watch has no handler');
  });
});

describe('calls that are given up', () => {
  test('a cancelled stream ends once, as Canceled', async () => {
    const running = await runLab({
      services: lab({
        async watch(call) {
          call.write('ready');
          await new Promise((resolve) => call.once('cancelled', resolve));
          throw Object.assign(new Error('aborted'), { code: 'ABORT_ERR' });
        },
      }),
    });
    const stream = running.client().watch('?');
    const outcome = outcomeOf(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.cancel();
    expect((await outcome).code).toBe(status.CANCELLED);
    expect(await ended(running)).toEqual({ 'server_stream test.v1.Lab Watch Canceled': 1 });
    expect(running.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('a bug in the cleanup of a cancelled stream is still logged as an error', async () => {
    const running = await runLab({
      services: lab({
        async watch(call) {
          call.write('ready');
          await new Promise((resolve) => call.once('cancelled', resolve));
          throw new TypeError('a bug');
        },
      }),
    });
    const stream = running.client().watch('?');
    const outcome = outcomeOf(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.cancel();
    await outcome;
    const line = await until(() => running.logLines.find(({ level }) => level === 'error'));
    expect(line).toMatchObject({ msg: 'handler failed', err: { type: 'TypeError', message: 'a bug' } });
    expect(await ended(running)).toEqual({ 'server_stream test.v1.Lab Watch Canceled': 1 });
  });

  test('a connection that breaks ends its calls once', async () => {
    const running = await runLab({ services: lab({ watch: (call) => call.write('ready') }) });
    const client = running.client();
    const streams = [client.watch('?'), client.watch('?')];
    const outcomes = streams.map(outcomeOf);
    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('data', resolve))));
    client.close();
    for (const stream of streams) stream.cancel();
    await Promise.all(outcomes);
    expect(await ended(running)).toEqual({ 'server_stream test.v1.Lab Watch Canceled': 2 });
  });

  test('a deadline ends a stream once, and late writes do not break it', async () => {
    const running = await runLab({
      services: lab({
        watch(call) {
          const writing = setInterval(() => call.write('tick'), 1);
          call.on('cancelled', () => clearInterval(writing));
        },
      }),
    });
    const outcome = await outcomeOf(running.client().watch('?', { deadline: Date.now() + 50 }));
    expect(outcome.code).toBe(status.DEADLINE_EXCEEDED);
    const [[series, count] = []] = Object.entries(await ended(running));
    expect(series).toMatch(/^server_stream test.v1.Lab Watch (DeadlineExceeded|Canceled)$/);
    expect(count).toBe(1);
  });

  test('a deadline that only the server keeps is seen as DeadlineExceeded', async () => {
    const running = await runLab({ services: lab({ watch: (call) => call.write('ready') }) });
    // Sent as a header, so that grpc-js's client doesn't keep it too.
    const metadata = new Metadata();
    metadata.set('grpc-timeout', '20m');
    const outcome = await outcomeOf(running.client().watch('?', metadata));
    expect(outcome).toEqual({
      code: status.DEADLINE_EXCEEDED,
      details: 'Deadline exceeded',
      messages: ['ready'],
    });
    expect(await ended(running)).toEqual({ 'server_stream test.v1.Lab Watch DeadlineExceeded': 1 });
  });

  test('whatever clients do, each call that started ends once', async () => {
    const running = await runLab({
      services: lab({
        async watch(call) {
          await sleep(call.request.length);
          if (call.request.length % 3 === 0) throw new StatusError(status.ABORTED, 'enough');
          for (const letter of call.request) call.write(letter);
          if (call.request.length % 3 === 1) call.end();
        },
      }),
      limits: { sweepMs: 5 },
    });
    const clients = [running.client(), running.client(), running.client()];
    for (const client of clients) {
      await promisify(client.waitForReady.bind(client))(Date.now() + 10_000);
    }
    const outcomes = Array.from({ length: 300 }, async (_, n) => {
      const request = 'x'.repeat(1 + (n % 7));
      const deadline = n % 5 === 0 ? Date.now() + (n % 11) : Number.POSITIVE_INFINITY;
      const stream = clients[n % 3]!.watch(request, { deadline });
      const outcome = outcomeOf(stream);
      if (n % 2 === 0) {
        await sleep(n % 13);
        stream.cancel();
      }
      return await outcome;
    });
    const startedOf = async () =>
      Object.values(await running.samples('grpc_server_started_total')).reduce(
        (sum, count) => sum + count,
        0,
      );
    await until(async () => (await startedOf()) > 100);
    clients[0]!.close();
    await running.server.drain({ graceMs: 5_000, spreadMs: 20 });
    await Promise.all(outcomes);

    const handled = Object.values(await ended(running)).reduce((sum, count) => sum + count, 0);
    expect(await startedOf()).toBe(handled);
    expect(running.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
