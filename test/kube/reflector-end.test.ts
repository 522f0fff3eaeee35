import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawList, rawPod, rawStatus } from '../kit/kube-objects.js';
import { until } from '../kit/until.js';
import { type Lab, openLab } from './reflector-lab.js';

let lab: Lab;

beforeEach(async () => {
  lab = await openLab();
});

afterEach(() => lab.close());

describe('the end', () => {
  async function ends(): Promise<void> {
    lab.controller.abort(new Error('enough'));
    await lab.done;
    expect(lab.status.phase).toEqual({ kind: 'stopped' });
    expect(lab.clock.pending).toBe(0);
    lab.client.close();
    await until(async () => (await lab.server.connections()) === 0, { what: 'all connections to close' });
  }

  test('before anything has been answered', async () => {
    lab.start();
    await lab.server.nextList();
    await ends();
    await expect(lab.reflector?.synced).rejects.toThrow('enough');
    expect(lab.sink.calls).toEqual([]);
  });

  test('within a list', async () => {
    lab.start();
    const ask = await lab.server.nextList();
    ask.grant();
    ask.raw('{"kind":"PodList","items":[');
    await until(() => lab.clock.pending === 1);
    await ends();
    expect(lab.sink.calls).toEqual([]);
  });

  test('between two pages', async () => {
    lab.start();
    (await lab.server.nextList()).json(rawList([rawPod('a')], { resourceVersion: '10', next: 'more' }));
    await lab.server.nextList();
    await ends();
    expect(lab.sink.calls).toEqual([]);
  });

  test('while waiting to try again', async () => {
    lab.start();
    (await lab.server.nextList()).json(rawStatus(503, 'x'), 503);
    await until(() => lab.status.phase.kind === 'backing-off');
    await ends();
    expect(lab.server.asks).toHaveLength(1);
  });

  test('within a watch', async () => {
    const watch = await lab.watching();
    await ends();
    await until(() => watch.closed);
    await lab.reflector?.synced;
    expect(lab.failures).toEqual({});
  });

  test('before the start', async () => {
    lab.controller.abort(new Error('enough'));
    lab.start();
    await lab.done;
    await expect(lab.reflector?.synced).rejects.toThrow('enough');
    expect(lab.server.asks).toEqual([]);
  });

  test('by a bug in the sink, which is not hidden', async () => {
    const watch = await lab.watching();
    lab.sink.apply = () => {
      throw new TypeError('a bug');
    };
    watch.event('ADDED', rawPod('c', { resourceVersion: '11' }));
    await expect(lab.done).rejects.toThrow('a bug');
    expect(lab.status.phase).toEqual({ kind: 'stopped' });
    await until(() => watch.closed);
    lab.done = Promise.resolve();
  });
});
