import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawList, rawPod, rawStatus } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { type Lab, listOf, openLab } from './reflector-lab.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(() => lab.close());

describe('listing', () => {
  test('the first list asks for the latest state, in pages, and is one reset', async () => {
    lab.start();
    const first = await lab.server.nextList();
    expect([first.path, first.query]).toEqual(['/api/v1/pods', { limit: '500' }]);
    expect(lab.status).toMatchObject({ synced: false, phase: { kind: 'listing' }, staleSinceMs: 1_000_000 });
    first.json(rawList([rawPod('a'), rawPod('b')], { resourceVersion: '10', next: 'page-2' }));
    const second = await lab.server.nextList();
    expect(second.query).toEqual({ limit: '500', continue: 'page-2' });
    expect(lab.sink.verbs).toEqual([]);
    second.json(rawList([rawPod('c')], { resourceVersion: '10', next: '' }));
    await lab.reflector?.synced;
    expect(lab.sink.verbs).toEqual(['reset default/a default/b default/c']);

    const watch = await lab.granted();
    expect(watch.query).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      timeoutSeconds: '300',
    });
    expect(lab.status).toEqual({
      kind: 'Pod',
      synced: true,
      phase: { kind: 'watching' },
      objects: 3,
      lastEventAtMs: undefined,
      staleSinceMs: undefined,
      resourceVersion: '10',
      counters: {
        lists: 1,
        watches: 1,
        events: 0,
        relists: { expired: 0, rejected: 0, stale: 0, stuck: 0 },
        failures: expect.any(Object),
        malformed: 0,
      },
    });
    expect(lab.failures).toEqual({});
  });

  test('a page that is gone makes it start over; nothing of the broken list is seen', async () => {
    lab.start();
    (await lab.server.nextList()).json(rawList([rawPod('old')], { resourceVersion: '10', next: 'page-2' }));
    (await lab.server.nextList()).json(rawStatus(410, 'Expired'), 410);
    await lab.passBackoff('expired', 1_600);
    const again = await lab.server.nextList();
    expect(again.query).toEqual({ limit: '500' });
    again.json(listOf(['a'], '12'));
    await lab.granted();
    expect(lab.sink.verbs).toEqual(['reset default/a']);
  });

  test.each([
    ['isn’t JSON', 'this is not JSON'],
    ['ends too early', '{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":['],
    ['has no version', '{"kind":"PodList","metadata":{},"items":[]}'],
    ['is no list', '[]'],
    ['holds a broken object', '{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{nope}}]}'],
  ])('a list that %s is a failure', async (_, text) => {
    lab.start();
    const ask = await lab.server.nextList();
    ask.grant();
    ask.raw(text);
    ask.end();
    await lab.passBackoff('malformed', 1_600);
    (await lab.server.nextList()).json(listOf(['a'], '10'));
    await lab.granted();
    expect(lab.sink.verbs).toEqual(['reset default/a']);
  });

  test('a list that stops in the middle is given up', async () => {
    lab.start();
    const ask = await lab.server.nextList();
    ask.grant();
    ask.raw('{"kind":"PodList","items":[');
    await until(() => lab.clock.pending === 1);
    lab.clock.advance(29_999);
    expect(lab.failures).toEqual({});
    lab.clock.advance(1);
    await lab.passBackoff('silent', 1_600);
    expect((await lab.server.nextList()).query).toEqual({ limit: '500' });
    expect(ask.closed).toBe(true);
  });

  test('a server that takes the connection and says nothing is given up', async () => {
    lab.start();
    const ask = await lab.server.nextList();
    lab.clock.advance(30_000);
    await lab.passBackoff('silent', 1_600);
    await lab.server.nextList();
    expect(ask.closed).toBe(true);
  });

  test('a storm of 5xx is met with longer and longer delays', async () => {
    lab.start();
    for (const delayMs of [1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]) {
      (await lab.server.nextList()).json(rawStatus(503, 'ServiceUnavailable'), 503);
      await lab.passBackoff('server-error', delayMs);
    }
    (await lab.server.nextList()).json(listOf(['a'], '10'));
    await lab.granted();
    expect(lab.failures).toEqual({ 'server-error': 7 });
    expect(lab.status.counters.lists).toBe(8);
    // One warning, and not one for each.
    expect(lab.log.lines.filter(({ msg }) => msg === 'watching failed')).toHaveLength(1);
  });

  test.each([
    429, 503,
  ])('Retry-After of a %d is waited for, unless our own delay is longer', async (status) => {
    const reason = status === 429 ? 'throttled' : 'server-error';
    lab.start();
    (await lab.server.nextList()).json(rawStatus(status, 'x'), status, { 'retry-after': '7' });
    await lab.passBackoff(reason, 7_000);
    (await lab.server.nextList()).json(rawStatus(status, 'x'), status, { 'retry-after': '1' });
    await lab.passBackoff(reason, 3_200);
    await lab.server.nextList();
    expect(lab.failures).toEqual({ [reason]: 2 });
  });

  test.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [400, 'rejected'],
    [500, 'server-error'],
  ] as const)('%d is a failure: %s', async (status, reason) => {
    lab.start();
    (await lab.server.nextList()).json(rawStatus(status, 'x'), status);
    await lab.passBackoff(reason, 1_600);
    expect(lab.status.synced).toBe(false);
    expect(lab.sink.calls).toEqual([]);
    await lab.server.nextList();
  });
});
