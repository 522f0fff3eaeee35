import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createChannel, type DestinationChannel } from '../../src/client/channel.js';
import {
  type EndpointEvent,
  type FollowEndpointsOptions,
  followEndpoints,
  getEndpoints,
} from '../../src/client/destination.js';
import { until } from '../kit/until.js';
import { type Conversation, ScriptedDestination, tcp, weighted } from './scripted-destination.js';

const authority = 'web.shop.svc.cluster.local:80';
const contextToken = '{"ns":"shop","nodeName":"node-1"}';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function listen(port = 0): Promise<ScriptedDestination> {
  const server = await ScriptedDestination.listen({ port });
  cleanups.push(() => server.kill());
  return server;
}

/** Follows the service and collects what it sees, each event as one line. */
function follow(address: string | DestinationChannel, options: Partial<FollowEndpointsOptions> = {}) {
  const controller = new AbortController();
  const seen: string[] = [];
  const iteration = (async () => {
    const events = followEndpoints({
      address,
      authority,
      contextToken,
      signal: controller.signal,
      maxRetryMs: 200,
      ...options,
    });
    for await (const event of events) seen.push(inWords(event));
    seen.push('over');
  })();
  cleanups.push(() => controller.abort());
  return {
    seen,
    stop: () => controller.abort(),
    over: iteration,
    /** What was seen since the last call, once that is at least `count` events. */
    next: async (count: number) => {
      await until(() => seen.length >= count, { what: `${count} events` });
      return seen.splice(0);
    },
  };
}

function inWords(event: EndpointEvent): string {
  switch (event.kind) {
    case 'snapshot':
    case 'change': {
      const { added, changed, removed } = event.difference;
      const steps = [
        ...added.map(({ ip }) => `+${ip}`),
        ...changed.map(({ to }) => `~${to.ip}`),
        ...removed.map(({ ip }) => `-${ip}`),
      ];
      const set = event.endpoints.map(({ ip }) => ip).join(' ');
      return `${event.kind} [${set}]${event.exists ? '' : ' absent'}: ${steps.join(' ')}`;
    }
    case 'lost':
      return `lost ${event.failure.code}: ${event.failure.message}`;
    case 'rejected':
      return `rejected ${event.failure.code}: ${event.failure.message}`;
  }
}

const one = weighted('10.0.0.1', 80);
const two = weighted('10.0.0.2', 80);
const three = weighted('10.0.0.3', 80);

describe('one stream', () => {
  async function opened(): Promise<{ call: Conversation; follower: ReturnType<typeof follow> }> {
    const server = await listen();
    const follower = follow(server.address);
    const call = await server.nextCall();
    call.add([two, one]);
    expect(await follower.next(1)).toEqual(['snapshot [10.0.0.1 10.0.0.2]: +10.0.0.1 +10.0.0.2']);
    return { call, follower };
  }

  test('asks as a proxy does', async () => {
    const { call } = await opened();
    expect(call.request).toEqual({ path: authority, context_token: contextToken });
  });

  test('adds, replaces and removes', async () => {
    const { call, follower } = await opened();
    call.add([three]);
    expect(await follower.next(1)).toEqual(['change [10.0.0.1 10.0.0.2 10.0.0.3]: +10.0.0.3']);
    call.add([weighted('10.0.0.2', 80, { weight: 1 })]);
    expect(await follower.next(1)).toEqual(['change [10.0.0.1 10.0.0.2 10.0.0.3]: ~10.0.0.2']);
    call.remove(tcp('10.0.0.1', 80));
    expect(await follower.next(1)).toEqual(['change [10.0.0.2 10.0.0.3]: -10.0.0.1']);
    call.noEndpoints();
    expect(await follower.next(1)).toEqual(['change []: -10.0.0.2 -10.0.0.3']);
    call.noEndpoints(false);
    expect(await follower.next(1)).toEqual(['change [] absent: ']);
    call.add([one]);
    expect(await follower.next(1)).toEqual(['change [10.0.0.1]: +10.0.0.1']);
  });

  test('says nothing where nothing changes', async () => {
    const { call, follower } = await opened();
    call.add([one]);
    call.remove(tcp('10.9.9.9', 80));
    call.remove();
    call.add([]);
    call.send({});
    call.add([three]);
    expect(await follower.next(1)).toEqual(['change [10.0.0.1 10.0.0.2 10.0.0.3]: +10.0.0.3']);
  });

  test('is cancelled when the follower is stopped', async () => {
    const { call, follower } = await opened();
    follower.stop();
    await follower.over;
    expect(follower.seen).toEqual(['over']);
    await until(() => call.cancelled);
  });

  test('is cancelled when the iteration is left', async () => {
    const server = await listen();
    const events = followEndpoints({
      address: server.address,
      authority,
      signal: new AbortController().signal,
    });
    const first = events.next();
    const call = await server.nextCall();
    call.noEndpoints();
    await first;
    await events.return();
    expect(await until(() => call.cancelled)).toBe(true);
  });
});

describe('the opening set', () => {
  test.each([
    ['in one message', [[one, two, three]]],
    ['in several messages', [[one], [two], [three]]],
  ])('%s is one snapshot', async (_, parts) => {
    const server = await listen();
    const follower = follow(server.address);
    const call = await server.nextCall();
    for (const part of parts) call.add(part);
    expect(await follower.next(1)).toEqual([
      'snapshot [10.0.0.1 10.0.0.2 10.0.0.3]: +10.0.0.1 +10.0.0.2 +10.0.0.3',
    ]);
  });

  test('is over with a message that can be no part of it', async () => {
    const server = await listen();
    const follower = follow(server.address);
    const call = await server.nextCall();
    call.add([one]);
    call.add([two]);
    call.add([weighted('10.0.0.1', 80, { weight: 1 })]);
    call.remove(tcp('10.0.0.2', 80));
    expect(await follower.next(3)).toEqual([
      'snapshot [10.0.0.1 10.0.0.2]: +10.0.0.1 +10.0.0.2',
      'change [10.0.0.1 10.0.0.2]: ~10.0.0.1',
      'change [10.0.0.1]: -10.0.0.2',
    ]);
  });

  test('is told with its first part where that is asked for, and the rest as changes', async () => {
    const server = await listen();
    const follower = follow(server.address, { opening: 'first-part' });
    const call = await server.nextCall();
    call.add([one]);
    call.add([two]);
    expect(await follower.next(2)).toEqual([
      'snapshot [10.0.0.1]: +10.0.0.1',
      'change [10.0.0.1 10.0.0.2]: +10.0.0.2',
    ]);
  });

  test('can be empty, or of a service that does not exist', async () => {
    const server = await listen();
    const existing = follow(server.address);
    (await server.nextCall()).noEndpoints();
    expect(await existing.next(1)).toEqual(['snapshot []: ']);
    const absent = follow(server.address);
    (await server.nextCall()).noEndpoints(false);
    expect(await absent.next(1)).toEqual(['snapshot [] absent: ']);
  });

  test('does not begin with a removal, or with an empty or unusable addition', async () => {
    const server = await listen();
    const follower = follow(server.address);
    const call = await server.nextCall();
    call.remove(tcp('10.0.0.1', 80));
    call.send({});
    call.add([]);
    call.add([{ weight: 1 }, weighted('10.0.0.9', 70_000)]);
    call.add([one]);
    expect(await follower.next(1)).toEqual(['snapshot [10.0.0.1]: +10.0.0.1']);
  });

  test('counts as whole where the server ends the stream behind it, not where the stream breaks', async () => {
    const server = await listen();
    const follower = follow(server.address);
    const ended = await server.nextCall();
    ended.add([one]);
    ended.end();
    expect(await follower.next(2)).toEqual([
      'snapshot [10.0.0.1]: +10.0.0.1',
      'lost OK: the server ended the stream',
    ]);
    const broken = await server.nextCall();
    broken.add([two]);
    broken.fail('INTERNAL', 'oops');
    expect(await follower.next(1)).toEqual(['lost INTERNAL: oops']);
  });
});

describe('reconnecting', () => {
  test('keeps what is known, and replaces it with the first set of the next stream', async () => {
    const server = await listen();
    const follower = follow(server.address);
    (await server.nextCall()).add([one, two]);
    expect(await follower.next(1)).toEqual(['snapshot [10.0.0.1 10.0.0.2]: +10.0.0.1 +10.0.0.2']);

    server.kill();
    await until(() => follower.seen.length > 0);
    const restarted = await listen(server.port);
    const call = await restarted.nextCall();
    expect(follower.seen.splice(0).every((line) => line.startsWith('lost '))).toBe(true);
    call.add([weighted('10.0.0.2', 80, { weight: 1 })]);
    call.add([three]);
    expect(await follower.next(1)).toEqual(['snapshot [10.0.0.2 10.0.0.3]: +10.0.0.3 ~10.0.0.2 -10.0.0.1']);
  });

  test('to an emptied service empties the set', async () => {
    const server = await listen();
    const follower = follow(server.address);
    const first = await server.nextCall();
    first.add([one]);
    expect(await follower.next(1)).toEqual(['snapshot [10.0.0.1]: +10.0.0.1']);
    first.end();
    expect(await follower.next(1)).toEqual(['lost OK: the server ended the stream']);
    (await server.nextCall()).noEndpoints();
    expect(await follower.next(1)).toEqual(['snapshot []: -10.0.0.1']);
  });

  test.each([
    'NOT_FOUND',
    'UNAVAILABLE',
    'INTERNAL',
    'UNIMPLEMENTED',
    'CANCELLED',
  ] as const)('happens after %s', async (code) => {
    const server = await listen();
    const follower = follow(server.address);
    (await server.nextCall()).fail(code, 'because');
    expect(await follower.next(1)).toEqual([`lost ${code}: because`]);
    (await server.nextCall()).add([one]);
    expect(await follower.next(1)).toEqual(['snapshot [10.0.0.1]: +10.0.0.1']);
  });

  test.each(['INVALID_ARGUMENT', 'FAILED_PRECONDITION'] as const)('never happens after %s', async (code) => {
    const server = await listen();
    const follower = follow(server.address);
    (await server.nextCall()).fail(code, 'because');
    await follower.over;
    expect(follower.seen).toEqual([`rejected ${code}: because`, 'over']);
    expect(server.calls).toBe(1);
  });

  test('happens where no first step comes in time', async () => {
    const calls: Conversation[] = [];
    const server = await ScriptedDestination.listen({
      answer: (call) => {
        calls.push(call);
        if (calls.length > 1) call.noEndpoints();
      },
    });
    cleanups.push(() => server.kill());
    const follower = follow(server.address, { firstAnswerMs: 500 });
    expect(await follower.next(2)).toEqual([
      'lost DEADLINE_EXCEEDED: no answer within 500 ms',
      'snapshot []: ',
    ]);
    await until(() => calls[0]?.cancelled);
  });

  test('to a server that doesn’t know the call takes the longest pause', async () => {
    const server = await ScriptedDestination.listen({ serves: [] });
    cleanups.push(() => server.kill());
    const controller = new AbortController();
    const { signal } = controller;
    cleanups.push(() => controller.abort());
    const events = followEndpoints({ address: server.address, authority, signal, maxRetryMs: 50_000 });
    const { value } = await events.next();
    expect(value).toMatchObject({ kind: 'lost', failure: { code: 'UNIMPLEMENTED' }, retryInMs: 50_000 });
  });

  test('goes by the channel that was given, which outlives its followers', async () => {
    const server = await listen();
    const channel = createChannel(server.address);
    cleanups.push(() => channel.close());
    const first = follow(channel);
    (await server.nextCall()).add([one]);
    await first.next(1);
    first.stop();
    await first.over;
    const second = follow(channel);
    (await server.nextCall()).add([two]);
    expect(await second.next(1)).toEqual(['snapshot [10.0.0.2]: +10.0.0.2']);
  });

  test('ends when the follower is stopped while it pauses', async () => {
    const server = await listen();
    const follower = follow(server.address, { maxRetryMs: 60_000 });
    (await server.nextCall()).fail('NOT_FOUND', 'no such service');
    expect(await follower.next(1)).toEqual(['lost NOT_FOUND: no such service']);
    follower.stop();
    await follower.over;
    expect(follower.seen).toEqual(['over']);
  });
});

describe('asking once', () => {
  const signal = new AbortController().signal;
  const question = { authority, signal, timeoutMs: 2_000 };

  test('gives the set', async () => {
    const server = await listen();
    const answer = getEndpoints({ ...question, address: server.address });
    const call = await server.nextCall();
    call.add([one]);
    expect(await answer).toMatchObject({ ok: true, exists: true, endpoints: [{ ip: '10.0.0.1', port: 80 }] });
    await until(() => call.cancelled);
  });

  test('makes one attempt', async () => {
    const server = await listen();
    const answer = getEndpoints({ ...question, address: server.address });
    (await server.nextCall()).fail('NOT_FOUND', 'no such service');
    expect(await answer).toEqual({
      ok: false,
      failure: { code: 'NOT_FOUND', message: 'no such service' },
    });
    expect(server.calls).toBe(1);
  });

  test('tells a server that is not there from one that is', async () => {
    const server = await listen();
    const { address } = server;
    server.kill();
    expect(await getEndpoints({ ...question, address })).toEqual({
      ok: false,
      failure: { code: 'UNAVAILABLE', message: `cannot connect to ${address}: connection refused` },
    });
  });

  test('tells a server of something else', async () => {
    const web = createServer((_, response) => response.end('hello'));
    web.listen(0, '127.0.0.1');
    cleanups.push(() => web.close());
    await once(web, 'listening');
    const address = `127.0.0.1:${(web.address() as AddressInfo).port}`;
    const message = `cannot connect to ${address}: what listens there does not speak HTTP/2 in plaintext`;
    expect(await getEndpoints({ ...question, address })).toEqual({
      ok: false,
      failure: { code: 'UNAVAILABLE', message },
    });
  });

  test('gives up after the timeout', async () => {
    const server = await listen();
    expect(await getEndpoints({ ...question, address: server.address, timeoutMs: 50 })).toEqual({
      ok: false,
      failure: { code: 'DEADLINE_EXCEEDED', message: 'no answer within 50 ms' },
    });
  });

  test('can be interrupted', async () => {
    const server = await listen();
    const controller = new AbortController();
    const answer = getEndpoints({ ...question, address: server.address, signal: controller.signal });
    await server.nextCall();
    controller.abort();
    expect(await answer).toMatchObject({ ok: false, failure: { code: 'CANCELLED' } });
  });
});
