import { describe, expect, test } from 'vitest';
import { type Pod, podOf } from '../../../src/sandbox/controllers/pod.js';
import { TriggerTimes, withTriggerTime } from '../../../src/sandbox/controllers/trigger-times.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { pod, service } from './test-cluster.js';

const startMs = Date.UTC(2030, 0, 1);
const time = (seconds: number): string => new Date(startMs + seconds * 1_000).toISOString();

function created(seconds: number): KubeObject {
  const web = service('web');
  return { ...web, metadata: { ...web.metadata, uid: 'web', creationTimestamp: time(seconds) } };
}

/** A pod whose readiness changed then, or never yet. */
function changed(name: string, seconds?: number, status = 'True'): Pod {
  const conditions =
    seconds === undefined ? [] : [{ type: 'Ready', status, lastTransitionTime: time(seconds) }];
  const base = pod(name);
  return podOf({ ...base, metadata: { ...base.metadata, uid: name }, status: { conditions } });
}

/** What follows from one state after another, in seconds. */
function told(...states: readonly (readonly [KubeObject, ...Pod[]])[]): readonly (number | undefined)[] {
  const triggers = new TriggerTimes();
  return states.map(([web, ...pods]) => {
    const atMs = triggers.next('default/web', web, pods);
    return atMs === undefined ? undefined : (atMs - startMs) / 1_000;
  });
}

// The cases that Kubernetes' own tracker is tested with.
describe('the time of the change', () => {
  test('is the creation of a Service that is seen for the first time, whatever its pods are', () => {
    expect(told([created(2)])).toEqual([2]);
    expect(told([created(3), changed('a', 0), changed('b', 1), changed('c', 5)])).toEqual([3]);
  });

  test('is the oldest of those that are not yet accounted for', () => {
    expect(told([created(0)], [created(0), changed('a', 2), changed('b', 1)])).toEqual([0, 1]);
    expect(
      told(
        [created(0), changed('a', 1), changed('b', 2)],
        [created(0), changed('a', 5), changed('b', 4)],
        [created(0), changed('a', 5), changed('b', 6)],
      ),
    ).toEqual([0, 4, 6]);
  });

  test('is the creation of a Service that took the place of another', () => {
    expect(told([created(0), changed('a', 1)], [created(3), changed('a', 1), changed('b', 4)])).toEqual([
      0, 3,
    ]);
  });

  test('is unknown of a pod that goes, and of one that was never ready or unready', () => {
    expect(
      told(
        [created(0), changed('a', 1)],
        [created(0)],
        [created(0), changed('b')],
        [created(0), changed('b')],
      ),
    ).toEqual([0, undefined, undefined, undefined]);
  });

  test('begins anew once the Service is gone', () => {
    const triggers = new TriggerTimes();
    triggers.next('default/web', created(0), []);
    triggers.forget('default/web');
    expect(triggers.next('default/web', created(0), [changed('a', 9)])).toBe(startMs);
  });
});

describe('a change that is seen to happen', () => {
  const added = (object: KubeObject) => ({ type: 'ADDED', object }) as const;
  const modified = (object: KubeObject, previous: KubeObject) =>
    ({ type: 'MODIFIED', object, previous }) as const;

  test('has its time to the millisecond', () => {
    const triggers = new TriggerTimes();
    triggers.sawService(added(created(0)), startMs + 250);
    expect(triggers.next('default/web', created(0), [])).toBe(startMs + 250);

    const starting = changed('a', 1, 'False');
    const ready = changed('a', 1, 'True');
    triggers.sawPod(added(starting.object), startMs + 1_100);
    expect(triggers.next('default/web', created(0), [starting])).toBe(startMs + 1_100);
    triggers.sawPod(modified(ready.object, starting.object), startMs + 1_600);
    expect(triggers.next('default/web', created(0), [ready])).toBe(startMs + 1_600);
    // A change of something else.
    triggers.sawPod(modified({ ...ready.object }, ready.object), startMs + 1_700);
    expect(triggers.next('default/web', created(0), [ready])).toBe(undefined);
  });

  test('has the time that the object gives where it is seen later', () => {
    const triggers = new TriggerTimes();
    triggers.sawService(added(created(0)), startMs + 9_000);
    expect(triggers.next('default/web', created(0), [])).toBe(startMs);
    const ready = changed('a', 3);
    triggers.sawPod(added(ready.object), startMs + 9_000);
    expect(triggers.next('default/web', created(0), [ready])).toBe(startMs + 3_000);
  });

  test('is forgotten with its object', () => {
    const triggers = new TriggerTimes();
    const ready = changed('a', 3);
    triggers.sawService(added(created(0)), startMs + 250);
    triggers.sawPod(added(ready.object), startMs + 3_250);
    triggers.sawService({ type: 'DELETED', object: created(0) }, startMs + 4_000);
    triggers.sawPod({ type: 'DELETED', object: ready.object }, startMs + 4_000);
    expect(triggers.next('default/web', created(0), [])).toBe(startMs);
    expect(triggers.next('default/web', created(0), [ready])).toBe(startMs + 3_000);
  });
});

test('the annotation takes the place of the one before, or goes, and leaves others alone', () => {
  const name = 'endpoints.kubernetes.io/last-change-trigger-time';
  const annotated = (annotations: Readonly<Record<string, string>>): KubeObject => {
    const web = service('web');
    return { ...web, metadata: { ...web.metadata, annotations } };
  };
  const times = [0, 120, 1_234].map(
    (ms) => withTriggerTime(annotated({ note: 'x', [name]: 'old' }), startMs + ms).metadata.annotations,
  );
  expect(times).toEqual([
    { note: 'x', [name]: '2030-01-01T00:00:00Z' },
    { note: 'x', [name]: '2030-01-01T00:00:00.12Z' },
    { note: 'x', [name]: '2030-01-01T00:00:01.234Z' },
  ]);
  expect(withTriggerTime(annotated({ note: 'x', [name]: 'old' }), undefined).metadata.annotations).toEqual({
    note: 'x',
  });
});
