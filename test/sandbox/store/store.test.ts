import { describe, expect, test } from 'vitest';
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  eventText,
  namespaces,
  nodes,
  objectOf,
  pod,
  pods,
  recorded,
  refusal,
  services,
  testStore,
  written,
} from './kit.js';

describe('create', () => {
  test('gives uid, time, version and generation, and keeps nothing else of what is the server’s', () => {
    const store = testStore();
    const object = deployment('a');
    const created = written(
      store.create(deployments, {
        ...object,
        metadata: {
          ...object.metadata,
          uid: 'mine',
          resourceVersion: '99',
          generation: 7,
          creationTimestamp: '2000-01-01T00:00:00Z',
          deletionTimestamp: '2000-01-01T00:00:00Z',
          managedFields: [{}],
          labels: {},
        },
      }),
    );
    expect(created.metadata).toStrictEqual({
      name: 'a',
      namespace: 'web',
      uid: 'uid-2',
      resourceVersion: '2',
      generation: 1,
      creationTimestamp: '2026-01-02T03:04:05Z',
    });
    expect(store.get(deployments, 'web', 'a')).toBe(created);
    expect(store.resourceVersion).toBe(2);
  });

  test('refuses a name that is taken, and a namespace that isn’t there', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    expect(refusal(store.create(configMaps, configMap('a')))).toBe('409 configmaps "a" already exists');
    const elsewhere = objectOf(configMaps, 'a', { metadata: { namespace: 'nowhere' } });
    expect(refusal(store.create(configMaps, elsewhere))).toBe('404 namespaces "nowhere" not found');
    const nowhere = objectOf(configMaps, 'a', { metadata: { namespace: '' } });
    expect(refusal(store.create(configMaps, nowhere))).toBe(
      '400 an empty namespace may not be set during creation',
    );
  });

  test('a seed needs no namespace, and keeps its uid and creation time', () => {
    const store = testStore();
    const seed = objectOf(configMaps, 'a', {
      metadata: { namespace: 'later', uid: 'mine', creationTimestamp: '2000-01-01T00:00:00Z' },
    });
    const { metadata } = written(store.create(configMaps, seed, { seed: true }));
    expect(metadata).toMatchObject({ uid: 'mine', creationTimestamp: '2000-01-01T00:00:00Z' });
    const nowhere = objectOf(configMaps, 'b', { metadata: { namespace: '' } });
    expect(refusal(store.create(configMaps, nowhere, { seed: true }))).toContain('400');
  });

  test('completes generateName to a name of its own', () => {
    const store = testStore();
    const names = [1, 2].map(() => {
      const object = objectOf(configMaps, '', { metadata: { generateName: 'a-' } });
      return written(store.create(configMaps, object)).metadata.name;
    });
    expect(names).toStrictEqual([
      expect.stringMatching(/^a-[a-z0-9]{5}$/),
      expect.stringMatching(/^a-[a-z0-9]{5}$/),
    ]);
    expect(names[0]).not.toBe(names[1]);
  });

  test('ignores a namespace on an object of the cluster', () => {
    const store = testStore();
    const node = objectOf(nodes, 'n1', { metadata: { namespace: 'web' } });
    expect(written(store.create(nodes, node)).metadata.namespace).toBeUndefined();
  });

  test('a dry run checks everything and writes nothing', () => {
    const store = testStore();
    const events = recorded(store, configMaps);
    const { metadata } = written(store.create(configMaps, configMap('a'), { dryRun: true }));
    expect(metadata).toMatchObject({ name: 'a', uid: 'uid-2' });
    expect(metadata.resourceVersion).toBeUndefined();
    store.create(configMaps, configMap('b'));
    expect(refusal(store.create(configMaps, configMap('b'), { dryRun: true }))).toContain('409');
    expect(store.get(configMaps, 'web', 'a')).toBeUndefined();
    expect(events).toStrictEqual(['ADDED b@2']);
  });
});

describe('update', () => {
  test('replaces the object, at a version of its own', () => {
    const store = testStore();
    const before = written(store.create(configMaps, configMap('a', { x: '1' })));
    const after = written(store.update(configMaps, configMap('a', { y: '2' })));
    expect(after['data']).toStrictEqual({ y: '2' });
    expect(after.metadata).toStrictEqual({ ...before.metadata, resourceVersion: '3' });
    expect(before['data']).toStrictEqual({ x: '1' });
  });

  test('refuses what isn’t there, a stale version and another uid', () => {
    const store = testStore();
    expect(refusal(store.update(deployments, deployment('a')))).toBe('404 deployments.apps "a" not found');
    const stale = written(store.create(deployments, deployment('a')));
    const current = written(store.update(deployments, deployment('a', { replicas: 2 })));
    expect(refusal(store.update(deployments, stale))).toBe(
      '409 Operation cannot be fulfilled on deployments.apps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    const other = { ...current, metadata: { ...current.metadata, uid: 'other' } };
    expect(refusal(store.update(deployments, other))).toBe(
      '409 Operation cannot be fulfilled on deployments.apps "a": Precondition failed: UID in precondition: other, UID in object meta: uid-2',
    );
  });

  test('that changes nothing makes no event and no version', () => {
    const store = testStore();
    const created = written(store.create(deployments, deployment('a')));
    const events = recorded(store, deployments);
    expect(written(store.update(deployments, deployment('a')))).toBe(created);
    expect(written(store.update(deployments, { ...created, status: { replicas: 1 } }))).toBe(created);
    expect(events).toStrictEqual(['ADDED a@2']);
    expect(store.resourceVersion).toBe(2);
  });

  test('counts a generation for a change of the spec alone', () => {
    const store = testStore();
    const created = written(store.create(deployments, deployment('a')));
    const labelled = { ...created, metadata: { ...created.metadata, labels: { a: 'b' } } };
    expect(written(store.update(deployments, labelled)).metadata.generation).toBe(1);
    const status = { ...deployment('a'), status: { replicas: 1 } };
    expect(written(store.update(deployments, status, { subresource: 'status' })).metadata.generation).toBe(1);
    expect(written(store.update(deployments, deployment('a', { replicas: 2 }))).metadata.generation).toBe(2);
  });

  test('keeps status from the object, and the object from status', () => {
    const store = testStore();
    store.create(deployments, deployment('a'));
    const change = {
      ...deployment('a', { replicas: 5 }),
      metadata: { name: 'a', namespace: 'web', labels: { a: 'b' } },
      status: { replicas: 3 },
    };
    const status = written(store.update(deployments, change, { subresource: 'status' }));
    expect(status).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 3 } });
    expect(status.metadata.labels).toBeUndefined();
    const main = written(store.update(deployments, { ...change, status: { replicas: 9 } }));
    expect(main).toMatchObject({
      metadata: { labels: { a: 'b' } },
      spec: { replicas: 5 },
      status: { replicas: 3 },
    });
  });

  test('takes nothing but the replicas of a scale', () => {
    const store = testStore();
    store.create(deployments, deployment('a'));
    const scale = objectOf(deployments, 'a', { spec: { replicas: 4, paused: true } });
    const scaled = written(store.update(deployments, scale, { subresource: 'scale' }));
    expect(scaled).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 4 } });
    expect(scaled['spec']).not.toHaveProperty('paused');
    expect(scaled['spec']).toHaveProperty('template');
  });

  test('a dry run writes nothing', () => {
    const store = testStore();
    const created = written(store.create(configMaps, configMap('a', { x: '1' })));
    const outcome = store.update(configMaps, configMap('a', { x: '2' }), { dryRun: true });
    expect(written(outcome)['data']).toStrictEqual({ x: '2' });
    expect(store.get(configMaps, 'web', 'a')).toBe(created);
  });
});

describe('objects given out', () => {
  test('are frozen all the way down, and what was given in stays the caller’s', () => {
    const store = testStore();
    const object = pod('a');
    const created = written(store.create(pods, object));
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    expect(isFrozen(created)).toBe(true);
    expect(Object.isFrozen(object)).toBe(false);
    expect(Object.isFrozen(object['spec'])).toBe(false);
  });

  test('share what a change leaves as it is', () => {
    const store = testStore();
    const before = written(store.create(pods, pod('a')));
    const after = written(
      store.update(pods, { ...before, status: { phase: 'Running' } }, { subresource: 'status' }),
    );
    expect(after['spec']).toBe(before['spec']);
  });
});

describe('delete', () => {
  test('removes the object; the event carries its last state at a version of its own', () => {
    const store = testStore();
    store.create(configMaps, configMap('a', { x: '1' }));
    const events = recorded(store, configMaps);
    const deleted = written(store.delete(configMaps, 'web', 'a'));
    expect(deleted).toMatchObject({ metadata: { resourceVersion: '3' }, data: { x: '1' } });
    expect(store.get(configMaps, 'web', 'a')).toBeUndefined();
    expect(events).toStrictEqual(['ADDED a@2', 'DELETED a@3']);
    expect(refusal(store.delete(configMaps, 'web', 'a'))).toBe('404 configmaps "a" not found');
  });

  test('holds its preconditions', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    const uid = store.delete(configMaps, 'web', 'a', { preconditions: { uid: 'other' } });
    expect(refusal(uid)).toContain(
      '409 Operation cannot be fulfilled on configmaps "a": Precondition failed',
    );
    const version = store.delete(configMaps, 'web', 'a', { preconditions: { resourceVersion: '1' } });
    expect(refusal(version)).toContain('409');
    expect(
      store.delete(configMaps, 'web', 'a', { preconditions: { uid: 'uid-2', resourceVersion: '2' } }).ok,
    ).toBe(true);
  });

  test('waits for finalizers, and is done by the update that takes off the last', () => {
    const store = testStore();
    const metadata = { finalizers: ['a.io/x', 'a.io/y'] };
    store.create(configMaps, objectOf(configMaps, 'a', { metadata }));
    const events = recorded(store, configMaps);
    const marked = written(store.delete(configMaps, 'web', 'a'));
    expect(marked.metadata).toMatchObject({
      deletionTimestamp: '2026-01-02T03:04:05Z',
      deletionGracePeriodSeconds: 0,
      finalizers: ['a.io/x', 'a.io/y'],
    });
    store.delete(configMaps, 'web', 'a');
    const finalized = (finalizers: readonly string[]) =>
      store.update(configMaps, { ...marked, metadata: { name: 'a', namespace: 'web', finalizers } });
    expect(refusal(finalized(['a.io/x', 'a.io/z']))).toContain('no new finalizers can be added');
    finalized(['a.io/y']);
    finalized([]);
    expect(events).toStrictEqual(['ADDED a@2', 'MODIFIED a@3', 'MODIFIED a@4', 'DELETED a@5']);
    expect(store.get(configMaps, 'web', 'a')).toBeUndefined();
  });

  test('leaves it to the garbage collector, by a finalizer, what is to become of dependents', () => {
    const store = testStore();
    for (const [name, propagationPolicy, finalizer] of [
      ['a', 'Foreground', 'foregroundDeletion'],
      ['b', 'Orphan', 'orphan'],
    ] as const) {
      store.create(deployments, deployment(name));
      const marked = written(store.delete(deployments, 'web', name, { propagationPolicy }));
      expect(marked.metadata.finalizers).toStrictEqual([finalizer]);
      expect(marked.metadata.generation).toBe(2);
    }
    store.create(deployments, deployment('c'));
    store.delete(deployments, 'web', 'c', { propagationPolicy: 'Background' });
    expect(store.list(deployments).map(({ metadata }) => metadata.name)).toStrictEqual(['a', 'b']);
  });

  test('a pod on a node has its grace period, which can be shortened and not lengthened', () => {
    const store = testStore();
    store.create(pods, pod('a', { nodeName: 'n1' }));
    const events = recorded(store, pods);
    const marked = written(store.delete(pods, 'web', 'a'));
    expect(marked.metadata).toMatchObject({
      deletionTimestamp: '2026-01-02T03:04:35Z',
      deletionGracePeriodSeconds: 30,
    });
    const grace = (gracePeriodSeconds: number) =>
      written(store.delete(pods, 'web', 'a', { gracePeriodSeconds })).metadata.deletionGracePeriodSeconds;
    expect(grace(60)).toBe(30);
    expect(grace(10)).toBe(10);
    store.update(pods, { ...marked, metadata: { name: 'a', namespace: 'web', labels: { x: 'y' } } });
    expect(store.get(pods, 'web', 'a')?.metadata.deletionTimestamp).toBe('2026-01-02T03:04:15Z');
    store.delete(pods, 'web', 'a', { gracePeriodSeconds: 0 });
    expect(events).toStrictEqual([
      'ADDED a@2',
      'MODIFIED a@3',
      'MODIFIED a@4',
      'MODIFIED a@5',
      'DELETED a@6',
    ]);
  });

  test('a pod that runs nowhere, or has ended, goes at once', () => {
    const store = testStore();
    store.create(pods, pod('a'));
    store.delete(pods, 'web', 'a');
    store.create(pods, { ...pod('b', { nodeName: 'n1' }), status: { phase: 'Succeeded' } });
    store.delete(pods, 'web', 'b');
    expect(store.list(pods)).toStrictEqual([]);
  });

  test('a pod whose grace is over still waits for its finalizers', () => {
    const store = testStore();
    const object = pod('a', { nodeName: 'n1' });
    store.create(pods, { ...object, metadata: { ...object.metadata, finalizers: ['a.io/x'] } });
    store.delete(pods, 'web', 'a');
    const marked = written(store.delete(pods, 'web', 'a', { gracePeriodSeconds: 0 }));
    expect(marked.metadata.deletionGracePeriodSeconds).toBe(0);
    store.update(pods, { ...marked, metadata: { name: 'a', namespace: 'web' } });
    expect(store.list(pods)).toStrictEqual([]);
  });

  test('a dry run deletes nothing', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    expect(store.delete(configMaps, 'web', 'a', { dryRun: true }).ok).toBe(true);
    expect(store.delete(namespaces, undefined, 'web', { dryRun: true }).ok).toBe(true);
    expect(store.list(configMaps)).toHaveLength(1);
    expect(store.resourceVersion).toBe(2);
  });
});

describe('a namespace', () => {
  test('goes with what is in it, when the last object is gone', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    store.create(pods, pod('p', { nodeName: 'n1' }));
    const events = recorded(store, namespaces);
    const marked = written(store.delete(namespaces, undefined, 'web'));
    expect(marked).toMatchObject({ status: { phase: 'Terminating' } });
    expect(store.list(configMaps)).toStrictEqual([]);
    expect(refusal(store.create(configMaps, configMap('b')))).toBe(
      '403 configmaps "b" is forbidden: unable to create new content in namespace web because it is being terminated',
    );
    const status = { ...marked, status: { phase: 'Terminating', conditions: [] } };
    store.update(namespaces, status, { subresource: 'status' });
    store.delete(pods, 'web', 'p', { gracePeriodSeconds: 0 });
    expect(events.map((event) => event.split('@')[0])).toStrictEqual([
      'ADDED web',
      'MODIFIED web',
      'MODIFIED web',
      'DELETED web',
    ]);
  });

  test('that is empty goes at once', () => {
    const store = testStore();
    const events = recorded(store, namespaces);
    store.delete(namespaces, undefined, 'web');
    expect(events).toStrictEqual(['ADDED web@1', 'DELETED web@2']);
  });
});

describe('list', () => {
  test('is ordered by namespace and name, and stays as it was', () => {
    const store = testStore();
    store.create(namespaces, objectOf(namespaces, 'web-2'));
    for (const name of ['b', 'a-1', 'a', 'c']) store.create(configMaps, configMap(name));
    store.create(configMaps, objectOf(configMaps, 'z', { metadata: { namespace: 'web-2' } }));
    const names = () =>
      store.list(configMaps).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const list = store.list(configMaps);
    expect(names()).toStrictEqual(['web-2/z', 'web/a', 'web/a-1', 'web/b', 'web/c']);
    store.delete(configMaps, 'web', 'a');
    store.create(configMaps, configMap('aa'));
    store.update(configMaps, configMap('b', { x: '1' }));
    expect(names()).toStrictEqual(['web-2/z', 'web/a-1', 'web/aa', 'web/b', 'web/c']);
    expect(list.map(({ metadata }) => metadata.name)).toStrictEqual(['z', 'a', 'a-1', 'b', 'c']);
    expect(store.list(configMaps, 'web-2').map(({ metadata }) => metadata.name)).toStrictEqual(['z']);
    expect(store.list(configMaps, 'we')).toStrictEqual([]);
  });
});

describe('subscribe', () => {
  test('replays the present objects, then tells every change until closed', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    store.create(services, objectOf(services, 's', { spec: { ports: [{ port: 80 }] } }));
    const events: string[] = [];
    const close = store.subscribe(configMaps, (event) => events.push(eventText(event)));
    store.update(configMaps, configMap('a', { x: '1' }));
    store.delete(configMaps, 'web', 'a');
    close();
    store.create(configMaps, configMap('b'));
    expect(events).toStrictEqual(['ADDED a@2', 'MODIFIED a@4', 'DELETED a@5']);
  });

  test('an event carries the state before', () => {
    const store = testStore();
    const created = written(store.create(configMaps, configMap('a')));
    const previous: unknown[] = [];
    store.subscribe(configMaps, (event) => previous.push(event.previous));
    const updated = written(store.update(configMaps, configMap('a', { x: '1' })));
    store.delete(configMaps, 'web', 'a');
    expect(previous).toStrictEqual([undefined, created, updated]);
  });

  test('writes made by listeners reach all listeners in one order', () => {
    const store = testStore();
    const answered: string[] = [];
    store.subscribe(configMaps, (event) => {
      answered.push(eventText(event));
      if (event.object.metadata.name === 'ask') store.create(configMaps, configMap('answer'));
    });
    const watched = recorded(store, configMaps);
    store.create(configMaps, configMap('ask'));
    expect(watched).toStrictEqual(['ADDED ask@2', 'ADDED answer@3']);
    expect(answered).toStrictEqual(watched);
  });

  test('a write made during the replay is told once, after it', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    store.create(configMaps, configMap('b'));
    const events: string[] = [];
    store.subscribe(configMaps, (event) => {
      events.push(eventText(event));
      if (events.length === 1) store.update(configMaps, configMap('b', { x: '1' }));
    });
    expect(events).toStrictEqual(['ADDED a@2', 'ADDED b@3', 'MODIFIED b@4']);
  });

  test('a listener that subscribes another is shown nothing twice', () => {
    const store = testStore();
    const inner: string[] = [];
    store.subscribe(configMaps, (event) => {
      if (event.object.metadata.name !== 'a' || inner.length > 0) return;
      store.create(configMaps, configMap('b'));
      store.subscribe(configMaps, (other) => inner.push(eventText(other)));
    });
    store.create(configMaps, configMap('a'));
    expect(inner).toStrictEqual(['ADDED a@2', 'ADDED b@3']);
  });
});

describe('history', () => {
  test('gives the changes after a version, and the state at it', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    store.create(configMaps, configMap('b'));
    const version = store.resourceVersion;
    const before = store.list(configMaps);
    store.update(configMaps, configMap('b', { x: '1' }));
    store.delete(configMaps, 'web', 'a');
    store.create(configMaps, configMap('c'));
    store.create(configMaps, configMap('0'));
    store.update(configMaps, configMap('c', { x: '1' }));
    const changes = store.changesSince(configMaps, version)?.map(({ event }) => eventText(event));
    expect(changes).toStrictEqual(['MODIFIED b@4', 'DELETED a@5', 'ADDED c@6', 'ADDED 0@7', 'MODIFIED c@8']);
    expect(store.listAt(configMaps, version)).toStrictEqual({ keys: ['web/a', 'web/b'], objects: before });
    expect(store.listAt(configMaps, store.resourceVersion)?.objects).toBe(store.list(configMaps));
    expect(store.changesSince(configMaps, store.resourceVersion)).toStrictEqual([]);
    expect(store.changesSince(configMaps, 0)).toHaveLength(7);
  });

  test('reaches as far back as its limit, for each type apart', () => {
    const store = testStore({ historyLimit: 3 });
    store.create(services, objectOf(services, 's', { spec: { ports: [{ port: 80 }] } }));
    for (let count = 0; count < 20; count += 1) {
      store.create(configMaps, configMap('a'));
      store.delete(configMaps, 'web', 'a');
    }
    const latest = store.resourceVersion;
    expect(store.changesSince(configMaps, latest - 3)).toHaveLength(3);
    expect(store.changesSince(configMaps, 2)).toBeUndefined();
    expect(store.listAt(configMaps, 2)).toBeUndefined();
    expect(store.changesSince(services, 1)).toHaveLength(1);
  });

  test('of a store that takes the place of another begins above its versions', () => {
    const store = testStore({ firstVersion: 1_000 });
    expect(store.resourceVersion).toBe(1_001);
    expect(store.changesSince(configMaps, 999)).toBeUndefined();
    expect(store.changesSince(configMaps, 1_000)).toStrictEqual([]);
    expect(store.changesSince(namespaces, 1_000)).toHaveLength(1);
  });

  test('is gone after a compaction', () => {
    const store = testStore();
    store.create(configMaps, configMap('a'));
    store.compact();
    expect(store.changesSince(configMaps, 1)).toBeUndefined();
    expect(store.changesSince(services, 1)).toBeUndefined();
    expect(store.changesSince(configMaps, store.resourceVersion)).toStrictEqual([]);
    store.create(configMaps, configMap('b'));
    expect(store.changesSince(configMaps, 2)).toHaveLength(1);
  });
});
