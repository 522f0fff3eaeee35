import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainEqual } from '../../src/core/equal.js';
import { Table } from '../../src/engine/table.js';
import { View } from '../../src/engine/view.js';
import type { PodRow } from '../../src/mesh/rows.js';
import { testEngine } from '../kit/engine.js';
import { rawList, rawPod, rawStatus } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { type Lab, listOf, openLab } from './reflector-lab.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(() => lab.close());

describe('a state that is gone', () => {
  test('410, as a status, makes it list at once; what vanished meanwhile goes in one reset', async () => {
    const watch = await lab.watching();
    lab.clock.advance(20_000);
    watch.reset();
    await lab.passBackoff('connection', 1_600);
    (await lab.server.nextWatch()).json(rawStatus(410, 'Expired'), 410);
    const relist = await lab.server.nextList();
    expect(relist.query).toEqual({
      limit: '500',
      resourceVersion: '10',
      resourceVersionMatch: 'NotOlderThan',
    });
    expect(lab.names).toEqual(['default/a', 'default/b']);
    relist.json(listOf(['b', 'c'], '40'));
    expect((await lab.granted()).query['resourceVersion']).toBe('40');
    expect(lab.sink.verbs).toEqual(['reset default/a default/b', 'reset default/b default/c']);
    expect(lab.relists).toEqual({ expired: 1 });
    expect(lab.failures).toEqual({ connection: 1, expired: 1 });
  });

  test('410, as an event, with the connection left open', async () => {
    const watch = await lab.watching();
    watch.event('ADDED', rawPod('c', { resourceVersion: '11' }));
    watch.event('ERROR', rawStatus(410, 'Expired', 'too old resource version'));
    const relist = await lab.server.nextList();
    expect(relist.query['resourceVersion']).toBe('11');
    relist.json(listOf(['c'], '40'));
    await lab.granted();
    expect(watch.closed).toBe(true);
    expect(lab.sink.verbs).toEqual(['reset default/a default/b', 'apply default/c', 'reset default/c']);
  });

  test('410 after 410 is no hot loop', async () => {
    const watch = await lab.watching();
    watch.event('ERROR', rawStatus(410, 'Expired'));
    for (const delayMs of [1_600, 3_200, 6_400]) {
      (await lab.server.nextList()).json(listOf(['a'], '11'));
      (await lab.server.nextWatch()).json(rawStatus(410, 'Expired'), 410);
      await lab.passBackoff('expired', delayMs);
    }
    await lab.server.nextList();
    expect(lab.relists).toEqual({ expired: 4 });
  });

  test('a server that can’t serve the version we know is asked for the latest state at once', async () => {
    for (const status of [410, 504, 400]) {
      const watch = lab.reflector === undefined ? await lab.watching() : await lab.granted();
      lab.clock.advance(20_000);
      watch.event('ERROR', rawStatus(410, 'Expired'));
      const guarded = await lab.server.nextList();
      expect(guarded.query['resourceVersionMatch']).toBe('NotOlderThan');
      guarded.json(rawStatus(status, 'Timeout', 'Too large resource version: 10, current: 8'), status, {
        'retry-after': '1',
      });
      const latest = await lab.server.nextList();
      expect(latest.query).toEqual({ limit: '500' });
      latest.json(listOf(['a'], '10'));
    }
    await lab.granted();
    expect(lab.failures).toEqual({ expired: 4, 'server-error': 1, rejected: 1 });
  });

  test('an overloaded server isn’t asked for more than before', async () => {
    const watch = await lab.watching();
    watch.event('ERROR', rawStatus(410, 'Expired'));
    (await lab.server.nextList()).json(rawStatus(503, 'ServiceUnavailable'), 503);
    await lab.passBackoff('server-error', 1_600);
    expect((await lab.server.nextList()).query['resourceVersionMatch']).toBe('NotOlderThan');
  });

  test('a list older than what was seen is refused, and the next one taken', async () => {
    const watch = await lab.watching();
    watch.event('ADDED', rawPod('c', { resourceVersion: '100' }));
    watch.event('ERROR', rawStatus(410, 'Expired'));
    (await lab.server.nextList()).json(listOf([], '99'));
    await lab.passBackoff('stale', 1_600);
    expect(lab.names).toEqual(['default/a', 'default/b', 'default/c']);
    const latest = await lab.server.nextList();
    expect(latest.query).toEqual({ limit: '500' });
    latest.json(listOf(['c'], '100'));
    await lab.granted();
    expect(lab.sink.verbs).toEqual(['reset default/a default/b', 'apply default/c', 'reset default/c']);
    expect(lab.failures).toEqual({ expired: 1, stale: 1 });
  });

  test('a server that stands by an older state for long has been restored, and is believed', async () => {
    const watch = await lab.watching(['a', 'b'], { limits: { disbeliefMs: 10_000 } });
    watch.event('ERROR', rawStatus(410, 'Expired'));
    for (const delayMs of [1_600, 3_200, 6_400]) {
      (await lab.server.nextList()).json(listOf(['a'], '5'));
      await lab.passBackoff('stale', delayMs);
      expect(lab.sink.calls).toHaveLength(1);
    }
    (await lab.server.nextList()).json(listOf(['a'], '6'));
    expect((await lab.granted()).query['resourceVersion']).toBe('6');
    expect(lab.sink.verbs).toEqual(['reset default/a default/b', 'reset default/a']);
    expect(lab.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { kind: 'Pod', known: '10', resourceVersion: '6' },
    ]);
  });

  test.each([
    [500, 'server-error'],
    [429, 'throttled'],
  ] as const)('an ERROR event of %d is waited out, and the watch goes on', async (code, reason) => {
    const watch = await lab.watching();
    watch.event('ERROR', rawStatus(code, 'x'));
    await lab.passBackoff(reason, 1_600);
    expect((await lab.granted()).query['resourceVersion']).toBe('10');
    expect(lab.relists).toEqual({});
  });

  test('a watch that is rejected for what it asks makes it list', async () => {
    (await lab.watching()).reset();
    await lab.passBackoff('connection', 1_600);
    (await lab.server.nextWatch()).json(rawStatus(400, 'BadRequest', 'invalid resource version'), 400);
    await lab.passBackoff('rejected', 3_200);
    (await lab.server.nextList()).json(listOf(['a'], '12'));
    await lab.granted();
    expect(lab.relists).toEqual({ rejected: 1 });
  });
});

describe('a table', () => {
  /** What a subscriber is told of which of `names` exist. */
  function subscribed(names: readonly string[]) {
    const { engine } = testEngine();
    const table = new Table<string, PodRow>(engine, { name: 'pods', equal: plainEqual });
    const view = new View<string, string>(engine, {
      name: 'present',
      id: String,
      derive: (read) => names.filter((name) => read.get(table, `default/${name}`) !== undefined).join(' '),
    });
    const subscription = view.subscribe('', () => told.push(subscription.latest.value));
    const told = [subscription.latest.value];
    /** Publishes whatever is due. */
    const publish = (): readonly string[] => {
      engine.flush();
      return told;
    };
    return { table, publish };
  }
  const page = (name: string, resourceVersion: string, next: string) =>
    rawList([rawPod(name)], { resourceVersion, next });

  test('shows nothing of a list until all of its pages are there, be it the first or another', async () => {
    const { table, publish } = subscribed(['a', 'b', 'c']);
    lab.start({ sink: table });
    (await lab.server.nextList()).json(page('a', '10', 'page-2'));
    const second = await lab.server.nextList();
    expect([publish(), table.size, lab.status.objects]).toEqual([[''], 0, 0]);
    second.json(page('b', '10', ''));
    const watch = await lab.granted();
    expect(publish()).toEqual(['', 'a b']);
    const kept = table.get('default/b');

    watch.event('ERROR', rawStatus(410, 'Expired'));
    (await lab.server.nextList()).json(page('b', '20', 'page-2'));
    const last = await lab.server.nextList();
    expect([publish(), table.size, lab.status.objects]).toEqual([['', 'a b'], 2, 2]);
    last.json(page('c', '20', ''));
    await lab.granted();
    expect(publish()).toEqual(['', 'a b', 'b c']);
    expect(table.get('default/b')).toBe(kept);
  });

  test('shows nothing of a list that breaks off, or that the reflector is ended in', async () => {
    const { table, publish } = subscribed(['a', 'b', 'c']);
    const watch = await lab.watching(['a', 'b'], { sink: table });
    lab.clock.advance(20_000);
    watch.event('ERROR', rawStatus(410, 'Expired'));
    (await lab.server.nextList()).json(page('c', '20', 'page-2'));
    (await lab.server.nextList()).json(rawStatus(410, 'Expired'), 410);
    (await lab.server.nextList()).json(page('c', '30', 'page-2'));
    await lab.server.nextList();
    lab.controller.abort();
    await until(() => lab.status.phase.kind === 'stopped');
    expect(publish()).toEqual(['', 'a b']);
    expect([...table.entries()].map(([key]) => key)).toEqual(['default/a', 'default/b']);
  });
});
