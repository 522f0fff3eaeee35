import { constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { frame, writeFramed } from '../../src/grpc/framed.js';
import { until } from '../kit/until.js';
import {
  answerOf,
  lab,
  type LabHandlers,
  type Respond,
  type ServerStream,
  outcomeOf,
  rawClient,
  rawWatch,
  runLab,
  runRelay,
} from './lab.js';

const ready: Partial<LabHandlers> = { watch: (call) => call.write('ready') };

describe('listening', () => {
  test('a server says where it listens', async () => {
    const { server } = await runLab({ services: lab({}), address: { host: '127.0.0.1', port: 0 } });
    expect(server.port).toBeGreaterThan(0);
    expect(server.address).toBe(`127.0.0.1:${server.port}`);
  });

  test('without a host it listens on every interface', async () => {
    const { client, server } = await runLab({
      services: lab({ ask: (_call, respond) => respond(null, 'here') }),
      address: { host: undefined, port: 0 },
    });
    expect(server.address).toMatch(/^(\[::\]|0\.0\.0\.0):\d+$/);
    expect(await answerOf((callback) => client().ask('?', callback))).toMatchObject({ messages: ['here'] });
  });

  test('an address in use is one clear error', async () => {
    const { server } = await runLab({ services: lab({}) });
    const address = { host: '127.0.0.1', port: server.port };
    await expect(runLab({ services: lab({}), address })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${server.port}: the address is already in use`,
    );
  });

  test('an address that this machine does not have is one clear error', async () => {
    const address = { host: '192.0.2.1', port: 0 };
    await expect(runLab({ services: lab({}), address })).rejects.toThrow(
      'cannot listen on 192.0.2.1:0: this machine does not have the address',
    );
  });

  test('clients that speak no HTTP/2 are turned away, and the server lives', async () => {
    const running = await runLab({ services: lab(ready) });
    const socket = connectTcp(running.server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    const rude = connectTcp(running.server.port, '127.0.0.1', () => rude.resetAndDestroy());

    const outcome = outcomeOf(running.client().watch('?'));
    await until(() => running.server.openCalls().length === 1);
    await running.server.drain({ graceMs: 1_000 });
    expect(await outcome).toMatchObject({ messages: ['ready'] });
  });
});

describe('refusals', () => {
  test('until it serves, calls are told why, and health and reflection answer', async () => {
    let reason: string | undefined = 'still syncing: pods, services';
    const running = await runLab({ services: lab(ready), notServing: () => reason });
    const client = running.client();
    const refused = {
      code: status.UNAVAILABLE,
      details: 'lab server: still syncing: pods, services',
      messages: [],
    };

    expect(await outcomeOf(client.watch('?'))).toEqual(refused);
    expect(await outcomeOf(client.chat())).toEqual(refused);
    expect(await answerOf((callback) => client.ask('?', callback))).toEqual(refused);
    expect(await answerOf((callback) => client.collect(callback))).toEqual(refused);
    reason = undefined;
    const served = client.watch('?');
    await new Promise((resolve) => served.once('data', resolve));
    served.on('error', () => {});
    served.cancel();

    await until(() => running.server.openCalls().length === 0);
    expect(await running.samples('grpc_server_handled_total')).toEqual({
      'unary test.v1.Lab Ask Unavailable': 1,
      'client_stream test.v1.Lab Collect Unavailable': 1,
      'server_stream test.v1.Lab Watch Unavailable': 1,
      'server_stream test.v1.Lab Watch Canceled': 1,
      'bidi_stream test.v1.Lab Chat Unavailable': 1,
    });
  });

  test.each([20_000, 60_000])('%i bytes of authority are refused in words', async (bytes) => {
    const { server } = await runLab({ services: lab(ready) });
    const stream = rawWatch(rawClient(server.port), { ':authority': 'a'.repeat(bytes) });
    const headers = await new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve));
    expect(headers).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED) });
    expect(decodeURI(String(headers['grpc-message']))).toMatch(
      /^\d+ bytes of headers; at most 16384 are accepted$/,
    );
  });

  test.each([
    { what: 'one header', headers: { ':authority': 'a'.repeat(200_000) } },
    {
      what: 'many headers',
      headers: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`x-${n}`, 'a'.repeat(10_000)])),
    },
  ])('200,000 bytes in $what are refused, and others are served', async ({ headers }) => {
    const running = await runLab({ services: lab(ready) });
    const stream = rawWatch(rawClient(running.server.port), headers);
    const received: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => received.push(chunk));
    await new Promise((resolve) => stream.on('close', resolve));
    expect(received).toEqual([]);
    const next = rawWatch(rawClient(running.server.port));
    expect(await new Promise((resolve) => next.on('data', resolve))).toEqual(
      Buffer.from('\0\0\0\0\u0005ready'),
    );
    expect(running.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('a request above 4 MiB is refused', async () => {
    const { client } = await runLab({ services: lab(ready) });
    const outcome = await outcomeOf(client().watch('x'.repeat(4_194_305)));
    expect(outcome.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('clients are told that they may open as many streams as they like', async () => {
    const { server } = await runLab({ services: lab(ready) });
    const session = rawClient(server.port);
    const settings = await new Promise((resolve) => session.on('remoteSettings', resolve));
    expect(settings).toMatchObject({ maxConcurrentStreams: 2_147_483_647 });
  });
});

describe('connections', () => {
  test('are counted while they are open', async () => {
    const running = await runLab({ services: lab(ready) });
    const session = rawClient(running.server.port);
    await new Promise((resolve) => rawWatch(session).on('data', resolve));
    expect(await running.samples('conduit_grpc_connections')).toEqual({ lab: 1 });
    session.destroy();
    await until(async () => Object.keys(await running.samples('conduit_grpc_connections')).length === 0);
  });

  test('that answer no ping are cut', async () => {
    const running = await runLab({
      services: lab(ready),
      limits: { keepaliveMs: 20, keepaliveTimeoutMs: 20 },
    });
    const relay = await runRelay(running.server.port);
    const stream = running.client({ port: relay.port }).watch('?');
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('data', resolve));
    relay.freeze();
    await until(() => running.server.openCalls().length === 0);
    expect(await running.samples('grpc_server_handled_total')).toEqual({
      'server_stream test.v1.Lab Watch Canceled': 1,
    });
  });

  test('without a stream are closed after a while', async () => {
    const running = await runLab({ services: lab(ready), limits: { connectionIdleMs: 30 } });
    const session = rawClient(running.server.port);
    await new Promise((resolve) => session.on('close', resolve));
    expect(await running.samples('grpc_server_started_total')).toEqual({});
  });
});

describe('clients that take nothing', () => {
  const update = frame(Buffer.alloc(20_000, 'u'));

  /** A handler that has something to say at every turn of the event loop, and one write out at a time. */
  function chatty(produced: { count: number }) {
    return (call: ServerStream): void => {
      let isWriting = false;
      const producing = setInterval(() => {
        produced.count += 1;
        if (isWriting) return;
        isWriting = true;
        writeFramed(call, update, (error) => {
          isWriting = error !== undefined && error !== null;
        });
      }, 0);
      call.on('cancelled', () => clearInterval(producing));
    };
  }

  test('have their stream reset; what waits for them stays small, and other streams go on', async () => {
    const produced = { count: 0 };
    const running = await runLab({
      services: lab({ watch: chatty(produced) }),
      limits: { stallTimeoutMs: 400, sweepMs: 10 },
    });
    // Two streams of one connection; nobody reads the first, so its window closes after 64 KB.
    const session = rawClient(running.server.port);
    const stuck = rawWatch(session);
    let read = 0;
    const healthy = rawWatch(session).on('data', (chunk: Buffer) => {
      read += chunk.length;
    });

    const stalled = await until(() => running.server.openCalls().find(({ stalledMs }) => stalledMs > 100));
    expect(stalled).toMatchObject({ method: '/test.v1.Lab/Watch', sentMessages: 4 });
    await new Promise((resolve) => stuck.on('close', resolve));

    expect(stuck.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await until(() => running.server.openCalls().length === 1);
    expect(await running.samples('conduit_grpc_streams_reset_total')).toEqual({ stalled: 1 });
    expect(await running.samples('grpc_server_handled_total')).toEqual({
      'server_stream test.v1.Lab Watch ResourceExhausted': 1,
    });
    expect(running.logLines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({
        msg: 'client takes nothing, stream reset',
        method: '/test.v1.Lab/Watch',
        peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      }),
    ]);
    const readBefore = read;
    await until(() => read > readBefore + 200_000);
    expect(healthy.closed).toBe(false);
  });

  test('have their connection cut when not even the reset gets through', async () => {
    const produced = { count: 0 };
    const running = await runLab({
      services: lab({ watch: chatty(produced) }),
      limits: { stallTimeoutMs: 50, lingerMs: 50, sweepMs: 10 },
    });
    const relay = await runRelay(running.server.port);
    const session = rawClient(relay.port, { initialWindowSize: 2 ** 31 - 1 });
    await new Promise<void>((resolve) => {
      session.once('connect', () => {
        session.setLocalWindowSize(2 ** 31 - 1);
        resolve();
      });
    });
    const stream = rawWatch(session);
    await new Promise((resolve) => stream.once('data', resolve));
    relay.freeze();

    await until(() => running.server.openCalls().length === 0);
    await until(async () => Object.keys(await running.samples('conduit_grpc_connections')).length === 0);
    expect(await running.samples('conduit_grpc_streams_reset_total')).toEqual({ stalled: 1 });
  });

  test('are those whose status does not get through, too', async () => {
    const running = await runLab({
      services: lab({
        watch(call) {
          for (let count = 0; count < 10; count++) writeFramed(call, update, () => {});
          call.end();
        },
      }),
      limits: { stallTimeoutMs: 50, sweepMs: 10 },
    });
    const stuck = rawWatch(rawClient(running.server.port));
    await new Promise((resolve) => stuck.on('close', resolve));
    expect(stuck.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await until(() => running.server.openCalls().length === 0);
  });
});

describe('drain', () => {
  const shuttingDown = { code: status.UNAVAILABLE, details: 'lab server: shutting down' };

  test('ends every stream with UNAVAILABLE, lets unary calls finish, and refuses connections', async () => {
    let answer: Respond | undefined;
    const running = await runLab({
      services: lab({
        ...ready,
        ask(_call, respond) {
          answer = respond;
        },
        chat: (call) => call.write('ready'),
        collect: () => {},
      }),
    });
    const client = running.client();
    const streams = [outcomeOf(client.watch('?')), outcomeOf(client.watch('?')), outcomeOf(client.chat())];
    const collected = answerOf((callback) => client.collect(callback));
    const asked = answerOf((callback) => client.ask('?', callback));
    await until(() => running.server.openCalls().length === 5);

    const drained = running.server.drain({ graceMs: 10_000 });
    expect(running.server.drain({ graceMs: 0 })).toBe(drained);
    for (const outcome of streams) expect(await outcome).toEqual({ ...shuttingDown, messages: ['ready'] });
    expect(await collected).toMatchObject(shuttingDown);
    answer?.(null, 'last');
    expect(await asked).toMatchObject({ messages: ['last'] });
    await drained;

    expect(running.server.openCalls()).toEqual([]);
    expect(await running.samples('grpc_server_handled_total')).toEqual({
      'unary test.v1.Lab Ask OK': 1,
      'server_stream test.v1.Lab Watch Unavailable': 2,
      'client_stream test.v1.Lab Collect Unavailable': 1,
      'bidi_stream test.v1.Lab Chat Unavailable': 1,
    });
    const late = connectTcp(running.server.port, '127.0.0.1');
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => late.on('error', resolve));
    expect(error.code).toBe('ECONNREFUSED');
  });

  test('a handler that writes on does not turn the status into another', async () => {
    const running = await runLab({
      services: lab({
        watch(call) {
          const writing = setInterval(() => call.write('tick'), 0);
          call.on('close', () => clearInterval(writing));
        },
      }),
    });
    const stream = running.client().watch('?');
    const outcome = outcomeOf(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    await running.server.drain({ graceMs: 10_000 });
    expect(await outcome).toMatchObject(shuttingDown);
    expect(running.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('an idle connection does not hold it up', async () => {
    const running = await runLab({ services: lab(ready) });
    const session = rawClient(running.server.port);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    const closed = new Promise((resolve) => session.once('close', resolve));
    await running.server.drain({ graceMs: 10_000 });
    await closed;
    expect(running.logLines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('many streams end one after another, with none left out', async () => {
    const running = await runLab({ services: lab(ready) });
    const client = running.client();
    const outcomes = Array.from({ length: 300 }, () => outcomeOf(client.watch('?')));
    await until(() => running.server.openCalls().length === 300);

    const drained = running.server.drain({ graceMs: 10_000, spreadMs: 300 });
    await until(() => running.server.openCalls().length < 300);
    expect(running.server.openCalls().length).toBeGreaterThanOrEqual(150);
    await drained;

    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject(shuttingDown);
  });

  test('a stream whose client takes nothing is reset rather than waited for', async () => {
    const running = await runLab({
      services: lab({
        watch: (call) => writeFramed(call, frame(Buffer.alloc(200_000)), () => {}),
      }),
      limits: { sweepMs: 20 },
    });
    const stuck = rawWatch(rawClient(running.server.port));
    await until(() => running.server.openCalls().some(({ stalledMs }) => stalledMs > 50));
    await running.server.drain({ graceMs: 10_000 });
    await until(() => stuck.closed);
    expect(stuck.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test('clients that are still there after the grace are cut off, and see UNAVAILABLE', async () => {
    const running = await runLab({ services: lab({ ask: () => {} }) });
    const asked = answerOf((callback) => running.client().ask('?', callback));
    await until(() => running.server.openCalls().length === 1);
    await running.server.drain({ graceMs: 50 });
    expect(await asked).toMatchObject({ code: status.UNAVAILABLE });
    expect(running.logLines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        msg: 'clients still there are cut off',
        connections: 1,
        calls: 1,
        examples: [expect.objectContaining({ method: '/test.v1.Lab/Ask' })],
      }),
    );
  });
});
