import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawPod, rawStatus } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { type Lab, listOf, openLab } from './reflector-lab.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(() => lab.close());

describe('watching', () => {
  test('every change reaches the sink, in order, and moves the version', async () => {
    const watch = await lab.watching();
    lab.clock.advance(5_000);
    watch.event('ADDED', rawPod('c', { resourceVersion: '11' }));
    watch.event('MODIFIED', rawPod('a', { resourceVersion: '12', nodeName: 'node-1' }));
    watch.event('DELETED', rawPod('b', { resourceVersion: '13' }));
    watch.event('DELETED', rawPod('never-there', { resourceVersion: '14' }));
    watch.bookmark('20');
    await until(() => lab.status.resourceVersion === '20');
    expect(lab.sink.verbs).toEqual([
      'reset default/a default/b',
      'apply default/c',
      'apply default/a',
      'delete default/b',
    ]);
    expect(lab.sink.rows.get('default/a')?.nodeName).toBe('node-1');
    expect(lab.status).toMatchObject({ objects: 2, lastEventAtMs: 1_005_000, counters: { events: 4 } });
  });

  test('an event may come in any pieces', async () => {
    const watch = await lab.watching();
    const bytes = Buffer.from(
      `${JSON.stringify({ type: 'ADDED', object: rawPod('pöd-☃', { resourceVersion: '11' }) })}\n`,
    );
    const snowman = bytes.indexOf('☃');
    for (const [start, end] of [
      [0, 10],
      [10, snowman + 1],
      [snowman + 1, bytes.length - 1],
    ]) {
      watch.raw(bytes.subarray(start, end));
      expect(lab.status.resourceVersion).toBe('10');
      await until(async () => (await lab.server.connections()) === 1);
    }
    watch.raw('\n');
    await until(() => lab.status.resourceVersion === '11');
    expect(lab.sink.verbs.at(-1)).toBe('apply default/pöd-☃');
  });

  test('a watch that ends after its time is followed by another at once, from where it was', async () => {
    const watch = await lab.watching();
    watch.bookmark('17');
    await until(() => lab.status.resourceVersion === '17');
    lab.clock.advance(10_000);
    watch.end();
    const next = await lab.server.nextWatch();
    expect(next.query['resourceVersion']).toBe('17');
    expect(lab.status.staleSinceMs).toBe(1_010_000);
    next.grant();
    await until(() => lab.status.staleSinceMs === undefined);
    expect(lab.failures).toEqual({});
    expect(lab.status.counters.lists).toBe(1);
  });

  test('watches that end as soon as they began are no hot loop, and are backed up by a list', async () => {
    (await lab.watching()).end();
    for (const delayMs of [1_600, 3_200]) {
      await lab.passBackoff('closed-early', delayMs);
      (await lab.granted()).end();
    }
    await lab.passBackoff('closed-early', 6_400);
    const relist = await lab.server.nextList();
    expect(relist.query).toEqual({
      limit: '500',
      resourceVersion: '10',
      resourceVersionMatch: 'NotOlderThan',
    });
    relist.json(listOf(['a', 'c'], '15'));
    (await lab.granted()).end();
    await lab.passBackoff('closed-early', 12_800);
    await lab.server.nextWatch();
    expect(lab.server.asks).toHaveLength(7);
    expect(lab.relists).toEqual({ stuck: 1 });
    expect(lab.sink.verbs).toEqual(['reset default/a default/b', 'reset default/a default/c']);
  });

  test('the delay is a first one again after a watch that worked for a while', async () => {
    (await lab.watching()).reset();
    await lab.passBackoff('connection', 1_600);
    (await lab.granted()).reset();
    await lab.passBackoff('connection', 3_200);
    const healthy = await lab.granted();
    lab.clock.advance(10_000);
    healthy.reset();
    await lab.passBackoff('connection', 1_600);
    await lab.server.nextWatch();
    expect(lab.failures).toEqual({ connection: 3 });
  });

  test('a connection that breaks is stale from then on, and nothing is removed', async () => {
    const watch = await lab.watching();
    lab.clock.advance(3_000);
    watch.reset();
    await until(() => lab.status.phase.kind === 'backing-off');
    expect(lab.status).toMatchObject({ synced: true, objects: 2, staleSinceMs: 1_003_000 });
    await lab.passBackoff('connection', 1_600);
    (await lab.server.nextWatch()).json(rawStatus(500, 'InternalError'), 500);
    await lab.passBackoff('server-error', 3_200);
    expect(lab.status.staleSinceMs).toBe(1_003_000);
    const next = await lab.granted();
    next.event('ADDED', rawPod('c', { resourceVersion: '11' }));
    await until(() => lab.names.includes('default/c'));
    expect(lab.sink.verbs).toEqual(['reset default/a default/b', 'apply default/c']);
    const recovered = lab.log.lines.filter(({ msg }) => msg === 'watching again');
    expect(recovered).toMatchObject([{ kind: 'Pod', staleMs: 4_800 }]);
  });

  test('a half-open connection is noticed, and has been stale since the last sign of life', async () => {
    const watch = await lab.watching();
    lab.clock.advance(80_000);
    watch.bookmark('11');
    await until(() => lab.status.resourceVersion === '11');
    lab.clock.advance(89_999);
    expect(lab.status.staleSinceMs).toBeUndefined();
    lab.clock.advance(1);
    await lab.passBackoff('silent', 1_600);
    expect(lab.status.staleSinceMs).toBe(1_080_000);
    expect((await lab.granted()).query['resourceVersion']).toBe('11');
    expect(watch.closed).toBe(true);
    expect(lab.status.counters.lists).toBe(1);
  });

  test('three watches that only time out make it list: the server may have lost our place', async () => {
    const watch = await lab.watching(['a'], { limits: { idleMs: 1_000, healthyMs: 500 } });
    expect(watch.closed).toBe(false);
    for (let each = 0; each < 2; each += 1) {
      lab.clock.advance(1_000);
      await lab.passBackoff('silent', 1_600);
      await lab.granted();
    }
    lab.clock.advance(1_000);
    await lab.passBackoff('silent', 1_600);
    expect((await lab.server.nextList()).query['resourceVersion']).toBe('10');
    expect(lab.relists).toEqual({ stuck: 1 });
  });

  test.each([
    ['garbled', '{"type":"ADDED","object":{"metada\n'],
    ['of another shape', '{"kind":"Pod"}\n'],
    ['of an unknown type', '{"type":"RENAMED","object":{}}\n'],
  ])('a line that is %s ends the watch; what came before it counts', async (_, line) => {
    const watch = await lab.watching();
    const good = JSON.stringify({ type: 'ADDED', object: rawPod('c', { resourceVersion: '11' }) });
    const late = JSON.stringify({ type: 'ADDED', object: rawPod('d', { resourceVersion: '13' }) });
    watch.raw(`${good}\n${line}${late}\n`);
    await lab.passBackoff('malformed', 1_600);
    const next = await lab.granted();
    expect(next.query['resourceVersion']).toBe('11');
    expect(watch.closed).toBe(true);
    expect(lab.sink.verbs).toEqual(['reset default/a default/b', 'apply default/c']);
  });

  test('a watch cut off within an event goes on before it', async () => {
    const watch = await lab.watching();
    watch.raw('{"type":"DELETED","object":{"metadata":{"name":"a","names');
    watch.end();
    await lab.passBackoff('malformed', 1_600);
    expect((await lab.granted()).query['resourceVersion']).toBe('10');
    expect(lab.names).toEqual(['default/a', 'default/b']);
  });

  test('a last event without its newline counts', async () => {
    const watch = await lab.watching();
    watch.raw(JSON.stringify({ type: 'DELETED', object: rawPod('a', { resourceVersion: '11' }) }));
    watch.end();
    await lab.passBackoff('closed-early', 1_600);
    expect(lab.names).toEqual(['default/b']);
    await lab.granted();
  });

  test('a line without an end is given up before it fills the memory', async () => {
    const watch = await lab.watching(['a'], { limits: { maxObjectBytes: 1_000 } });
    watch.raw('x'.repeat(1_001));
    await lab.passBackoff('malformed', 1_600);
    await lab.granted();
    expect(watch.closed).toBe(true);
  });

  test('a version is passed on as it came; one that isn’t decimal is fine', async () => {
    lab.start();
    (await lab.server.nextList()).json(listOf(['a'], 'v-b'));
    const watch = await lab.granted();
    expect(watch.query['resourceVersion']).toBe('v-b');
    watch.bookmark('v-a');
    await until(() => lab.status.resourceVersion === 'v-a');
  });

  test('an event of an older version is applied, and moves nothing back', async () => {
    const watch = await lab.watching();
    watch.event('ADDED', rawPod('c', { resourceVersion: '8' }));
    await until(() => lab.names.includes('default/c'));
    expect(lab.status.resourceVersion).toBe('10');
  });

  test('a bookmark of an older state: the server may have lost what we know, and is asked for all', async () => {
    const watch = await lab.watching();
    watch.bookmark('9');
    await lab.passBackoff('stale', 1_600);
    expect((await lab.server.nextList()).query['resourceVersion']).toBe('10');
    await until(() => watch.closed);
    expect(lab.relists).toEqual({ stale: 1 });
    expect(lab.status.resourceVersion).toBe('10');
  });
});
