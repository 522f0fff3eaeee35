import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawList, rawPod, rawStatus } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { type Lab, openLab } from './reflector-lab.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(() => lab.close());

describe('malformed objects', () => {
  const bad = (name: string, resourceVersion: string) => ({
    ...rawPod(name, { namespace: 'shop', resourceVersion }),
    spec: { nodeName: 7 },
  });

  test('a bad one among good ones is reported once, and its last good row stays', async () => {
    lab.start();
    (await lab.server.nextList()).json(
      rawList([rawPod('a', { namespace: 'shop' }), bad('new', '2'), rawPod('c', { namespace: 'shop' })], {
        resourceVersion: '10',
      }),
    );
    const watch = await lab.granted();
    watch.event('MODIFIED', bad('a', '11'));
    watch.event('MODIFIED', rawPod('c', { namespace: 'shop', resourceVersion: '12', nodeName: 'node-1' }));
    watch.event('MODIFIED', bad('a', '13'));
    await until(() => lab.status.resourceVersion === '13');
    expect(lab.sink.verbs).toEqual(['reset shop/a shop/c', 'apply shop/c']);
    expect(lab.sink.rows.get('shop/a')?.nodeName).toBeUndefined();

    // Listed again, it is still there, and there is nothing more to say of it.
    watch.event('ERROR', rawStatus(410, 'Expired'));
    (await lab.server.nextList()).json(rawList([bad('a', '13'), bad('new', '2')], { resourceVersion: '14' }));
    const next = await lab.granted();
    expect(lab.sink.verbs.at(-1)).toBe('reset shop/a');
    expect(lab.status.counters.malformed).toBe(3);
    expect(lab.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      {
        kind: 'Pod',
        namespace: 'shop',
        name: 'new',
        field: 'spec.nodeName',
        value: '7',
        expected: 'a string',
      },
      { kind: 'Pod', namespace: 'shop', name: 'a', resourceVersion: '11' },
      { kind: 'Pod', namespace: 'shop', name: 'a', resourceVersion: '13' },
    ]);

    // It can be deleted in whatever state it is.
    next.event('DELETED', bad('a', '15'));
    next.event('DELETED', bad('new', '16'));
    await until(() => lab.status.resourceVersion === '16');
    expect(lab.sink.verbs.at(-1)).toBe('delete shop/a');
    expect(lab.status.objects).toBe(0);
  });

  test('an object without a name is left out and counted; so is its event', async () => {
    lab.start();
    (await lab.server.nextList()).json(
      rawList([{ kind: 'Pod' }, rawPod('a'), { metadata: { name: 7 } }, 'text', null], {
        resourceVersion: '10',
      }),
    );
    const watch = await lab.granted();
    watch.event('ADDED', { metadata: { namespace: 'default', resourceVersion: '11' } });
    watch.event('DELETED', { metadata: { name: '', resourceVersion: '12' } });
    watch.event('ADDED', null);
    watch.event('ADDED', rawPod('b', { resourceVersion: '13' }));
    await until(() => lab.status.resourceVersion === '13');
    expect(lab.sink.verbs).toEqual(['reset default/a', 'apply default/b']);
    expect(lab.status.counters.malformed).toBe(5);
  });

  test('a version is reported again when it is as bad as one before a good one', async () => {
    const watch = await lab.watching([]);
    watch.event('ADDED', bad('a', '11'));
    watch.event('MODIFIED', rawPod('a', { namespace: 'shop', resourceVersion: '12' }));
    watch.event('MODIFIED', bad('a', '13'));
    await until(() => lab.status.resourceVersion === '13');
    expect(lab.status.counters.malformed).toBe(2);
    expect(lab.names).toEqual(['shop/a']);
  });
});
