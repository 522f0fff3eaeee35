import { afterEach, describe, expect, test } from 'vitest';
import { createChannel } from '../../src/client/channel.js';
import { followProfile, type ProfileEvent } from '../../src/client/profile.js';
import { until } from '../kit/until.js';
import { type Conversation, type Message, ScriptedDestination, weighted } from './scripted-destination.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function lab(answerProfile?: (call: Conversation) => void) {
  const server = await ScriptedDestination.listen(answerProfile && { answerProfile });
  cleanups.push(() => server.kill());
  const channel = createChannel(server.address);
  cleanups.push(() => channel.close());
  const stop = new AbortController();
  cleanups.push(() => stop.abort());
  const seen: ProfileEvent[] = [];
  const over = (async () => {
    const events = followProfile({
      channel,
      authority: 'web.shop.svc.cluster.local:80',
      contextToken: '{"ns":"shop"}',
      signal: stop.signal,
      firstAnswerMs: 300,
      maxRetryMs: 400,
    });
    for await (const event of events) seen.push(event);
  })();
  return { server, seen, over, stop };
}

async function decoded(message: Message): Promise<unknown> {
  const { seen } = await lab((call) => call.send(message));
  await until(() => seen.length > 0);
  const [event] = seen;
  return event?.kind === 'profile' ? event.profile : event;
}

const nothing = {
  name: '',
  isOpaque: false,
  routes: [],
  retryBudget: undefined,
  overrides: [],
  endpoint: undefined,
};

describe('a profile', () => {
  test('that says nothing is plain', async () => {
    expect(await decoded({})).toEqual(nothing);
  });

  test('is decoded whole', async () => {
    const profile = await decoded({
      fully_qualified_name: 'web.shop.svc.cluster.local',
      opaque_protocol: true,
      routes: [
        {
          condition: {
            all: {
              matches: [
                { path: { regex: '/a' } },
                { not: { method: { registered: 'POST' } } },
                { any: { matches: [{ method: { unregistered: 'PURGE' } }] } },
              ],
            },
          },
          response_classes: [
            { condition: { not: { status: { min: 200, max: 299 } } }, is_failure: true },
            { condition: { status: { min: 0, max: 299 } }, is_failure: true },
          ],
          metrics_labels: { route: 'a' },
          is_retryable: true,
          timeout: { seconds: '1', nanos: 500_000_000 },
        },
        { condition: { all: { matches: [{}] } } },
        {},
        { condition: { path: { regex: '/b' } }, timeout: { seconds: '0' } },
      ],
      retry_budget: { retry_ratio: 0.5, min_retries_per_second: 3, ttl: { seconds: '20' } },
      dst_overrides: [
        { authority: 'a:80', weight: 5 },
        { authority: 'b:80', weight: 0 },
      ],
      endpoint: weighted('10.0.0.1', 80, { metric_labels: { pod: 'a' } }),
    });
    expect(profile).toEqual({
      name: 'web.shop.svc.cluster.local',
      isOpaque: true,
      routes: [
        {
          condition: {
            kind: 'all',
            of: [
              { kind: 'path', regex: '/a' },
              { kind: 'not', condition: { kind: 'method', method: 'POST' } },
              { kind: 'any', of: [{ kind: 'method', method: 'PURGE' }] },
            ],
          },
          responseClasses: [
            {
              condition: { kind: 'not', condition: { kind: 'status', min: 200, max: 299 } },
              isFailure: true,
            },
          ],
          labels: new Map([['route', 'a']]),
          isRetryable: true,
          timeoutMs: 1_500,
        },
        {
          condition: { kind: 'path', regex: '/b' },
          responseClasses: [],
          labels: new Map(),
          isRetryable: false,
          timeoutMs: undefined,
        },
      ],
      retryBudget: { ratio: 0.5, minPerSecond: 3, ttlMs: 20_000 },
      overrides: [{ authority: 'a:80', weight: 5 }],
      endpoint: expect.objectContaining({ ip: '10.0.0.1', port: 80, labels: new Map([['pod', 'a']]) }),
    });
  });

  test.each([
    { retry_ratio: 0.5, min_retries_per_second: 3, ttl: { nanos: 500_000_000 } },
    { retry_ratio: 0.5, min_retries_per_second: 3, ttl: { seconds: '61' } },
    { retry_ratio: 0.5, min_retries_per_second: 3 },
    { retry_ratio: -1, min_retries_per_second: 3, ttl: { seconds: '10' } },
    { retry_ratio: 1_001, min_retries_per_second: 3, ttl: { seconds: '10' } },
  ])('with a budget out of bounds has none: %j', async (retry_budget) => {
    expect(await decoded({ retry_budget })).toEqual(nothing);
  });
});

test('asks as a proxy does, and takes each message as it comes', async () => {
  const calls: Conversation[] = [];
  const { seen } = await lab((call) => {
    calls.push(call);
    call.send({ fully_qualified_name: 'a' });
  });
  await until(() => seen.length === 1);
  calls[0]?.send({ fully_qualified_name: 'b' });
  await until(() => seen.length === 2);
  expect(calls[0]?.request).toEqual({
    path: 'web.shop.svc.cluster.local:80',
    context_token: '{"ns":"shop"}',
  });
  expect(seen.map((it) => it.kind === 'profile' && it.profile.name)).toEqual(['a', 'b']);
});

describe('an end of the stream', () => {
  test.each([
    'NOT_FOUND',
    'UNAVAILABLE',
    'UNKNOWN',
  ] as const)('with %s is followed by another', async (code) => {
    const { seen, server } = await lab((call) => call.fail(code, 'why'));
    await until(() => server.profileCalls >= 3);
    expect(seen.slice(0, 2)).toMatchObject([
      { kind: 'lost', failure: { code, message: 'why' } },
      { kind: 'lost', failure: { code, message: 'why' } },
    ]);
  });

  test.each(['INVALID_ARGUMENT', 'FAILED_PRECONDITION'] as const)('with %s is the last', async (code) => {
    const { seen, over } = await lab((call) => call.fail(code, 'why'));
    await over;
    expect(seen).toEqual([{ kind: 'rejected', failure: { code, message: 'why' } }]);
  });

  test('because the call is unknown is followed by another after the longest pause', async () => {
    const { seen } = await lab();
    await until(() => seen.length > 0);
    expect(seen).toMatchObject([{ kind: 'lost', failure: { code: 'UNIMPLEMENTED' }, retryInMs: 400 }]);
  });

  test('comes where there is no answer', async () => {
    const { seen } = await lab(() => {});
    await until(() => seen.length > 0);
    expect(seen[0]).toMatchObject({
      kind: 'lost',
      failure: { code: 'DEADLINE_EXCEEDED', message: 'no answer within 300 ms' },
    });
  });

  test('by the follower cancels the call, without an event', async () => {
    const calls: Conversation[] = [];
    const { seen, stop, over } = await lab((call) => {
      calls.push(call);
      call.send({});
    });
    await until(() => seen.length === 1);
    stop.abort();
    await over;
    await until(() => calls[0]?.cancelled);
    expect(seen).toHaveLength(1);
  });
});
