import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawEndpoint, rawService, rawSlice } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { SandboxLab } from './sandbox-lab.js';

let lab: SandboxLab;

beforeEach(async () => {
  lab = await SandboxLab.open(['a', 'b', 'c']);
});

afterEach(() => lab.close());

test('without faults the sinks follow the store, in one list and one watch each', async () => {
  lab.apply(rawService('web'));
  lab.apply(
    rawSlice('web-1', 'web', { endpoints: [rawEndpoint('10.1.0.1', 'a'), rawEndpoint('10.1.0.2', 'b')] }),
  );
  lab.addPod('d', { nodeName: 'node-1' });
  lab.deletePod('b');
  await lab.settled();
  expect(lab.pods.verbs).toEqual([
    'reset default/a default/b default/c',
    'apply default/d',
    'delete default/b',
  ]);
  expect(lab.slices.verbs).toEqual(['reset', 'apply default/web-1']);
  expect(lab.status()).toMatchObject({
    synced: true,
    objects: 3,
    counters: { lists: 1, watches: 1, events: 2 },
  });
  expect(lab.failures()).toEqual({});
});

test('a list of many pages is one state', async () => {
  const many = await SandboxLab.open(
    Array.from({ length: 53 }, (_, index) => `pod-${index}`),
    { pageSize: 10 },
  );
  expect(many.pods.calls).toHaveLength(1);
  expect(many.status()).toMatchObject({ objects: 53, counters: { lists: 1 } });
  expect(many.server.traffic.requests({ verb: 'list', plural: 'pods' })).toBe(6);
  await many.close();
});

describe('the history is gone', () => {
  test('as an ERROR event: one reset, and nothing in between', async () => {
    lab.server.faults.expireWatches('pods');
    await lab.eventually(() => lab.status().counters.watches === 2, 'another watch');
    lab.deletePod('a');
    await lab.settled();
    expect(lab.pods.verbs).toEqual([
      'reset default/a default/b default/c',
      'reset default/a default/b default/c',
      'delete default/a',
    ]);
    expect([lab.failures(), lab.relists()]).toEqual([{ expired: 1 }, { expired: 1 }]);
  });

  test('as a status, after a connection was lost', async () => {
    lab.server.faults.hang({ plural: 'pods' });
    lab.deletePod('a');
    lab.addPod('d');
    lab.server.faults.compact();
    lab.server.faults.resetConnections();
    await lab.settled();
    expect(lab.pods.verbs).toEqual([
      'reset default/a default/b default/c',
      'reset default/b default/c default/d',
    ]);
    expect([lab.failures(), lab.relists()]).toEqual([{ connection: 1, expired: 1 }, { expired: 1 }]);
  });

  test('again and again: no hot loop', async () => {
    const before = lab.server.traffic.requests();
    for (let each = 0; each < 4; each += 1) {
      const { watches } = lab.status().counters;
      lab.server.faults.expireWatches('pods');
      await lab.eventually(
        () => lab.status().counters.watches > watches && lab.status().staleSinceMs === undefined,
        'another watch',
      );
    }
    expect(lab.waited).toEqual([
      { reason: 'expired', delayMs: 1_600 },
      { reason: 'expired', delayMs: 3_200 },
      { reason: 'expired', delayMs: 6_400 },
    ]);
    expect(lab.server.traffic.requests() - before).toBe(8);
  });
});

describe('the connection', () => {
  test('is reset: what was missed comes with the next watch, without a list', async () => {
    lab.server.faults.hang({ plural: 'pods' });
    lab.addPod('d');
    lab.deletePod('a');
    lab.server.faults.resetConnections();
    await lab.settled();
    expect(lab.pods.verbs).toEqual([
      'reset default/a default/b default/c',
      'apply default/d',
      'delete default/a',
    ]);
    expect([lab.failures(), lab.status().counters.lists]).toEqual([{ connection: 1 }, 1]);
  });

  test('is half open: noticed when nothing has come for 90 s', async () => {
    lab.server.faults.hang({ plural: 'pods' });
    lab.deletePod('a');
    const lostAtMs = lab.clock.nowMs();
    lab.clock.advance(89_999);
    expect(lab.status()).toMatchObject({ phase: { kind: 'watching' }, staleSinceMs: undefined });
    lab.clock.advance(1);
    await until(() => lab.status().phase.kind === 'backing-off');
    expect(lab.status().staleSinceMs).toBe(lostAtMs);
    await lab.settled();
    expect(lab.pods.verbs).toEqual(['reset default/a default/b default/c', 'delete default/a']);
    expect(lab.failures()).toEqual({ silent: 1 });
  });

  test('is taken, and nothing is answered', async () => {
    lab.server.faults.hang({ newRequests: 'held' });
    lab.server.faults.resetConnections();
    await lab.eventually(() => lab.status().counters.watches === 2, 'another watch');
    lab.clock.advance(30_000);
    await lab.eventually(() => lab.failures().silent === 1, 'the silence to be noticed');
    lab.deletePod('a');
    lab.server.faults.resume();
    await lab.settled();
    expect(lab.failures()).toEqual({ connection: 1, silent: 1 });
    expect(lab.pods.verbs.at(-1)).toBe('delete default/a');
  });

  test('is gone with the server, which comes back on the same port', async () => {
    await lab.restart(async () => {
      lab.addPod('d');
      lab.deletePod('b');
      await lab.eventually(() => (lab.failures().connection ?? 0) >= 4, 'some attempts');
      expect(lab.pods.verbs).toEqual(['reset default/a default/b default/c']);
      expect(lab.status()).toMatchObject({ synced: true, objects: 3 });
      expect(lab.status().staleSinceMs).toBeDefined();
    });
    await lab.settled();
    expect(lab.pods.verbs.slice(1)).toEqual(['apply default/d', 'delete default/b']);
    expect(lab.relists()).toEqual({});
  });

  test('is slow: everything is answered late', async () => {
    lab.server.faults.delayMs(30);
    lab.server.faults.expireWatches();
    lab.addPod('d');
    await lab.recovered('expired');
    expect(lab.failures()).toEqual({ expired: 1 });
  });
});

describe('the server refuses', () => {
  test('with a storm of 5xx: longer and longer delays, and the state stays', async () => {
    lab.server.faults.failAll(503);
    lab.server.faults.resetConnections();
    await lab.eventually(() => (lab.failures()['server-error'] ?? 0) >= 5, 'five refusals');
    expect(lab.pods.calls).toHaveLength(1);
    // All three kinds back off, alike in this test: 1.6 + 3.2 + 6.4 + 12.8 + 25.6 s.
    expect(lab.waited.reduce((sum, { delayMs }) => sum + delayMs, 0)).toBe(49_600);
    expect(lab.server.traffic.requests({ code: 503, plural: 'pods' })).toBe(5);
    lab.server.faults.failAll(undefined);
    lab.deletePod('a');
    await lab.settled();
    expect(lab.pods.verbs.at(-1)).toBe('delete default/a');
  });

  test('and says when to come back', async () => {
    lab.server.faults.failNext(1, 429, { verb: 'watch', plural: 'pods', retryAfterSeconds: 17 });
    lab.server.faults.resetConnections();
    await lab.recovered('throttled');
    expect(lab.waited).toContainEqual({ reason: 'throttled', delayMs: 17_000 });
    expect(lab.failures()).toEqual({ connection: 1, throttled: 1 });
  });

  test('the credentials, once: others are fetched, and it is no failure', async () => {
    lab.server.faults.failNext(1, 401, { verb: 'watch', plural: 'pods' });
    lab.server.faults.resetConnections();
    await lab.recovered('connection');
    expect(lab.renewals).toBe(1);
    expect(lab.failures()).toEqual({ connection: 1 });
  });

  test('the credentials, for good: a failure, and the state stays', async () => {
    lab.server.faults.failAll(401);
    lab.server.faults.resetConnections();
    await lab.eventually(() => lab.failures().unauthorized === 2, 'two refusals');
    expect(lab.pods.calls).toHaveLength(1);
    lab.server.faults.failAll(undefined);
    await lab.settled();
    expect(lab.renewals).toBeGreaterThanOrEqual(2);
  });
});

describe('the watch', () => {
  test('ends cleanly as soon as it has begun: no hot loop', async () => {
    const before = lab.server.traffic.requests({ plural: 'pods' });
    for (let each = 0; each < 5; each += 1) {
      const { watches } = lab.status().counters;
      lab.server.faults.closeWatches('pods');
      await lab.eventually(
        () => lab.status().counters.watches > watches && lab.status().staleSinceMs === undefined,
        'another watch',
      );
    }
    expect(lab.waited.map(({ delayMs }) => delayMs)).toEqual([1_600, 3_200, 6_400, 12_800, 25_600]);
    expect(lab.server.traffic.requests({ plural: 'pods' }) - before).toBe(5);
    expect(lab.failures()).toEqual({ 'closed-early': 5 });
    await lab.settled();
  });

  test('sends a line in two parts', async () => {
    lab.server.faults.splitNextLine('pods');
    lab.addPod('d');
    lab.deletePod('a');
    await lab.settled();
    expect(lab.pods.verbs.slice(1)).toEqual(['apply default/d', 'delete default/a']);
    expect(lab.failures()).toEqual({});
  });

  test.each([
    'garbleNextLine',
    'truncateNextLine',
  ] as const)('loses an event to %s, and gets it again', async (fault) => {
    lab.server.faults[fault]('pods');
    lab.deletePod('a');
    lab.addPod('d');
    await lab.settled();
    expect(lab.pods.verbs.slice(1)).toEqual(['delete default/a', 'apply default/d']);
    expect(lab.failures()).toEqual({ malformed: 1 });
    expect(lab.status().counters.lists).toBe(1);
  });

  test('loses an event without a trace: the next list makes up for it', async () => {
    lab.server.faults.dropNextEvent('pods');
    lab.deletePod('a');
    lab.addPod('d');
    await lab.eventually(() => lab.pods.rows.has('default/d'), 'the other event');
    expect(lab.pods.rows.has('default/a')).toBe(true);
    lab.server.faults.expireWatches('pods');
    await lab.recovered('expired');
    expect(lab.pods.verbs.at(-1)).toBe('reset default/b default/c default/d');
  });

  test('brings a malformed object between good ones', async () => {
    lab.addPod('d');
    const bad = { metadata: { namespace: 'default', name: 'a', uid: 7, resourceVersion: '1' } };
    await lab.eventually(() => lab.pods.rows.has('default/d'), 'the event before');
    lab.server.faults.sendMalformed('pods', JSON.stringify({ type: 'MODIFIED', object: bad }));
    lab.server.faults.sendMalformed('pods', JSON.stringify({ type: 'ADDED', object: { metadata: {} } }));
    lab.addPod('e');
    await lab.settled();
    expect(lab.pods.verbs.slice(1)).toEqual(['apply default/d', 'apply default/e']);
    expect(lab.status().counters.malformed).toBe(2);
    expect(lab.failures()).toEqual({});
  });

  test('brings what is no JSON', async () => {
    lab.server.faults.sendMalformed('pods', 'this is not JSON');
    lab.addPod('d');
    await lab.recovered('malformed');
    expect(lab.failures()).toEqual({ malformed: 1 });
  });
});

test('a list that is older than what was seen is refused', async () => {
  const old = lab.store.resourceVersion;
  lab.addPod('d');
  lab.addPod('e');
  await lab.settled();
  lab.server.faults.failNext(1, 504, { verb: 'list', plural: 'pods' });
  lab.server.faults.staleList('pods', old);
  lab.server.faults.expireWatches('pods');
  await lab.recovered('stale');
  expect(lab.pods.verbs).toEqual([
    'reset default/a default/b default/c',
    'apply default/d',
    'apply default/e',
    'reset default/a default/b default/c default/d default/e',
  ]);
  expect(lab.failures()).toEqual({ expired: 1, 'server-error': 1, stale: 1 });
});

test('everything at once, for a while: in the end the sinks equal the store', async () => {
  const { faults } = lab.server;
  const troubles: readonly (() => void)[] = [
    () => faults.expireWatches(),
    () => faults.closeWatches(),
    () => faults.resetConnections(),
    () => faults.garbleNextLine('pods'),
    () => faults.truncateNextLine('pods'),
    () => faults.splitNextLine('pods'),
    () => faults.compact(),
    () => faults.failNext(2, 503),
    () => faults.failNext(1, 429, { retryAfterSeconds: 2 }),
    () => faults.failNext(1, 410),
    () => faults.sendMalformed('pods', '{"type":"ADDED","object":{"metadata":{"name":"a"}}}'),
  ];
  for (let round = 0; round < 60; round += 1) {
    troubles[(round * 5) % troubles.length]?.();
    const name = `pod-${round % 12}`;
    if (round % 5 === 4) lab.deletePod(`pod-${(round - 2) % 12}`);
    else lab.relabelPod(name, `hash-${round}`);
    const { events } = lab.status().counters;
    await lab.eventually(() => lab.status().counters.events > events || lab.pods.equalsStore(), 'progress');
  }
  await lab.settled();
  expect(lab.status()).toMatchObject({ synced: true, phase: { kind: 'watching' } });
  expect(lab.pods.rows.size).toBeGreaterThan(5);
});
