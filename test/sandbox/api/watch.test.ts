import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../kit/until.js';
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  objectOf,
  services,
  testStore,
} from '../store/kit.js';
import { metadataAccept, tableAccept, testApi, webPath } from './kit.js';

const maps = webPath('configmaps');

function labelled(name: string, labels: Readonly<Record<string, string>>) {
  return objectOf(configMaps, name, { metadata: { labels } });
}

describe('the start of a watch', () => {
  test('without a version, or with 0, shows what is there first', async () => {
    const { watch, store } = await testApi();
    store.create(configMaps, configMap('a'));
    const version = store.resourceVersion;
    for (const query of ['watch=1', 'watch=true&resourceVersion=0']) {
      const watched = await watch(`${maps}?${query}`);
      store.create(configMaps, configMap('b'));
      const events = await watched.count(2);
      expect(events).toStrictEqual([`ADDED a@${version}`, `ADDED b@${store.resourceVersion}`]);
      store.delete(configMaps, 'web', 'b');
    }
  });

  test('with a version shows what changed since, and nothing else', async () => {
    const { watch, store } = await testApi();
    store.create(configMaps, configMap('a'));
    const version = store.resourceVersion;
    store.update(configMaps, configMap('a', { x: '1' }));
    store.create(services, objectOf(services, 's', { spec: { ports: [{ port: 80 }] } }));
    store.delete(configMaps, 'web', 'a');
    const watched = await watch(`${maps}?watch=true&resourceVersion=${version}`);
    const events = await watched.count(2);
    expect(events).toStrictEqual([`MODIFIED a@${version + 1}`, `DELETED a@${version + 3}`]);
    store.create(configMaps, configMap('b'));
    expect((await watched.count(3))[2]).toBe(`ADDED b@${version + 4}`);
    expect(watched.lines).toHaveLength(3);
  });

  test('carries whole objects', async () => {
    const { watch, store, get } = await testApi();
    const watched = await watch(`${maps}?watch=true`);
    store.create(configMaps, configMap('a', { x: 'ü' }));
    await watched.count(1);
    expect(JSON.parse(watched.lines[0]!)).toStrictEqual({
      type: 'ADDED',
      object: (await get(`${maps}/a`)).body,
    });
  });

  test('at a version that is forgotten ends with an ERROR of code 410', async () => {
    const { watch, store, api } = await testApi();
    store.create(configMaps, configMap('a'));
    store.compact();
    const watched = await watch(`${maps}?watch=true&resourceVersion=1`);
    expect(await watched.ended()).toBe('end');
    expect(watched.code).toBe(200);
    expect(watched.events()).toStrictEqual(['ERROR 410 Expired']);
    expect(api.openWatches()).toBe(0);
  });

  test('with a version that is yet to come is silent until then', async () => {
    const { watch, store } = await testApi();
    const version = store.resourceVersion;
    const watched = await watch(`${maps}?watch=true&resourceVersion=${version + 1}`);
    store.create(configMaps, configMap('a'));
    store.create(configMaps, configMap('b'));
    expect(await watched.count(1)).toStrictEqual([`ADDED b@${version + 2}`]);
  });

  test('with sendInitialEvents marks where the present objects end', async () => {
    const { watch, store } = await testApi();
    store.create(configMaps, configMap('a'));
    const version = store.resourceVersion;
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watched = await watch(`${maps}?${query}`);
    await watched.count(2);
    store.create(configMaps, configMap('b'));
    expect(await watched.count(3)).toStrictEqual([
      `ADDED a@${version}`,
      `BOOKMARK @${version}`,
      `ADDED b@${version + 1}`,
    ]);
    expect(JSON.parse(watched.lines[1]!).object).toStrictEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        resourceVersion: String(version),
        creationTimestamp: null,
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    });
  });

  test('refuses parameters that don’t go together', async () => {
    const { get } = await testApi();
    const codes = [];
    for (const query of [
      'resourceVersionMatch=NotOlderThan',
      'sendInitialEvents=true',
      'sendInitialEvents=true&resourceVersionMatch=Exact',
      'resourceVersion=x',
      'timeoutSeconds=soon',
      'fieldSelector=data.x%3D1',
    ]) {
      codes.push((await get(`${maps}?watch=true&${query}`)).code);
    }
    expect(codes).toStrictEqual([422, 422, 422, 400, 400, 400]);
  });

  test('of an API server without watch lists refuses sendInitialEvents', async () => {
    const { get } = await testApi({ watchList: false });
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
    expect(await get(`${maps}?${query}`)).toMatchObject({
      code: 422,
      body: { details: { causes: [{ field: 'sendInitialEvents' }] } },
    });
  });
});

describe('selectors', () => {
  test('objects enter and leave the selection by being changed', async () => {
    const { watch, store } = await testApi();
    const watched = await watch(`${maps}?watch=true&labelSelector=on`);
    store.create(configMaps, labelled('a', {}));
    store.update(configMaps, labelled('a', { on: '1' }));
    store.update(configMaps, labelled('a', { on: '2' }));
    store.update(configMaps, labelled('a', {}));
    store.update(configMaps, labelled('a', { off: '' }));
    store.update(configMaps, labelled('a', { on: '3' }));
    store.delete(configMaps, 'web', 'a');
    const version = store.resourceVersion;
    expect(await watched.count(5)).toStrictEqual([
      `ADDED a@${version - 5}`,
      `MODIFIED a@${version - 4}`,
      `DELETED a@${version - 3}`,
      `ADDED a@${version - 1}`,
      `DELETED a@${version}`,
    ]);
    // The state that the client knew, at the version at which it left.
    expect(JSON.parse(watched.lines[2]!).object.metadata.labels).toStrictEqual({ on: '2' });
  });

  test('a watch of one name, and of one namespace, sees nothing else', async () => {
    const { watch, store, send } = await testApi();
    const named = await watch(`${maps}?watch=true&fieldSelector=metadata.name%3Db`);
    const elsewhere = await watch('/api/v1/namespaces/default/configmaps?watch=true');
    const everywhere = await watch('/api/v1/configmaps?watch=true');
    store.create(configMaps, configMap('a'));
    store.create(configMaps, configMap('b'));
    await send('POST', '/api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'c' } } });
    const version = store.resourceVersion;
    await everywhere.count(3);
    await elsewhere.count(1);
    expect(named.events()).toStrictEqual([`ADDED b@${version - 1}`]);
    expect(elsewhere.events()).toStrictEqual([`ADDED c@${version}`]);
  });
});

describe('bookmarks', () => {
  test('come at their interval, with a version that takes in what other types did', async () => {
    const { watch, store } = await testApi({ bookmarkIntervalMs: 20 });
    const watched = await watch(`${maps}?watch=true&allowWatchBookmarks=true&resourceVersion=1`);
    const silent = await watch(`${maps}?watch=true`);
    store.create(services, objectOf(services, 's', { spec: { ports: [{ port: 80 }] } }));
    await until(() => watched.events().includes(`BOOKMARK @${store.resourceVersion}`));
    expect(JSON.parse(watched.lines[0]!).object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(silent.lines).toStrictEqual([]);
  });

  test('one comes right before the end', async () => {
    const { watch, store } = await testApi();
    const watched = await watch(`${maps}?watch=true&allowWatchBookmarks=true&timeoutSeconds=1`);
    store.create(configMaps, configMap('a'));
    const version = store.resourceVersion;
    expect(await watched.ended()).toBe('end');
    expect(watched.events()).toStrictEqual([`ADDED a@${version}`, `BOOKMARK @${version}`]);
  });
});

describe('representations', () => {
  test('a table defines its columns once', async () => {
    const { watch, store } = await testApi();
    const watched = await watch(`${webPath('deployments', 'apps/v1')}?watch=true`, tableAccept);
    store.create(deployments, deployment('a'));
    store.update(deployments, deployment('a', { replicas: 3 }));
    await watched.count(2);
    const [first, second] = watched.lines.map((line) => JSON.parse(line).object);
    expect(first).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(first.columnDefinitions).toHaveLength(8);
    expect(second.columnDefinitions).toBeNull();
    expect(second.rows[0].cells.slice(0, 2)).toStrictEqual(['a', '0/3']);
  });

  test('metadata alone, with bookmarks of the same kind', async () => {
    const { watch, store, api } = await testApi();
    const path = webPath('deployments', 'apps/v1');
    const watched = await watch(`${path}?watch=true&allowWatchBookmarks=true`, metadataAccept);
    store.create(deployments, deployment('a'));
    await watched.count(1);
    api.faults.closeWatches();
    await watched.ended();
    const objects = watched.lines.map((line) => JSON.parse(line).object);
    expect(objects.map(({ kind, apiVersion }) => `${apiVersion} ${kind}`)).toStrictEqual([
      'meta.k8s.io/v1 PartialObjectMetadata',
      'meta.k8s.io/v1 PartialObjectMetadata',
    ]);
    expect(objects[0].metadata.name).toBe('a');
    expect(objects[0].spec).toBeUndefined();
  });
});

describe('a client that doesn’t read', () => {
  test('is cut off when too much waits for it, and can go on from its version', async () => {
    const { watch, store, api } = await testApi({ store: testStore(), maxPendingChanges: 5 });
    const socket = connect(api.port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.write(`GET ${maps}?watch=true HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    socket.pause();
    await until(() => api.openWatches() === 1);
    const version = store.resourceVersion;
    const text = 'x'.repeat(500_000);
    for (let count = 0; api.openWatches() === 1; count += 1) {
      store.update(configMaps, configMap('a', { text, count: String(count) }));
      store.create(configMaps, configMap('a', { text }));
    }
    expect(store.resourceVersion - version).toBeLessThan(100);
    const resumed = await watch(`${maps}?watch=true&resourceVersion=${version}`);
    expect(await resumed.count(store.resourceVersion - version)).toHaveLength(
      store.resourceVersion - version,
    );
  });

  test('holds up nobody else', async () => {
    const { watch, store } = await testApi();
    const slow = await watch(`${maps}?watch=true`);
    const quick = await watch(`${maps}?watch=true`);
    slow.pause();
    const text = 'x'.repeat(200_000);
    store.create(configMaps, configMap('a', { text }));
    for (let count = 0; count < 50; count += 1)
      store.update(configMaps, configMap('a', { text, n: `${count}` }));
    expect(await quick.count(51)).toHaveLength(51);
  });
});

test('a watch that the client leaves is closed', async () => {
  const { watch, api } = await testApi();
  const watched = await watch(`${maps}?watch=true`);
  expect(api.openWatches('configmaps')).toBe(1);
  expect(api.openWatches('pods')).toBe(0);
  watched.close();
  await until(() => api.openWatches() === 0);
});
