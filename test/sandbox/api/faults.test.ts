import { describe, expect, test } from 'vitest';
import { until } from '../../kit/until.js';
import { configMap, configMaps, objectOf, services } from '../store/kit.js';
import { testApi, webPath } from './kit.js';

const maps = webPath('configmaps');

describe('faults of open watches', () => {
  test('dropNextEvent loses one event', async () => {
    const { watch, store, api } = await testApi();
    const watched = await watch(`${maps}?watch=true`);
    api.faults.dropNextEvent('services');
    api.faults.dropNextEvent('configmaps');
    for (const name of ['a', 'b', 'c']) store.create(configMaps, configMap(name));
    const version = store.resourceVersion;
    expect(await watched.count(2)).toStrictEqual([`ADDED b@${version - 1}`, `ADDED c@${version}`]);
  });

  test('splitNextLine sends a line in two parts', async () => {
    const { watch, store, api } = await testApi();
    const watched = await watch(`${maps}?watch=true`);
    api.faults.splitNextLine();
    store.create(configMaps, configMap('a'));
    store.create(configMaps, configMap('b'));
    await until(() => watched.rest() !== '');
    expect(watched.lines).toStrictEqual([]);
    const version = store.resourceVersion;
    expect(await watched.count(2)).toStrictEqual([`ADDED a@${version - 1}`, `ADDED b@${version}`]);
  });

  test('truncateNextLine ends the stream within a line', async () => {
    const { watch, store, api } = await testApi();
    const watched = await watch(`${maps}?watch=true`);
    api.faults.truncateNextLine();
    store.create(configMaps, configMap('a'));
    expect(await watched.ended()).toBe('end');
    expect(watched.lines).toStrictEqual([]);
    expect(watched.rest()).toMatch(/^\{"type":"ADDED"/);
  });

  test('garbleNextLine and sendMalformed send what is no event', async () => {
    const { watch, store, api } = await testApi();
    const watched = await watch(`${maps}?watch=true`);
    api.faults.garbleNextLine('configmaps');
    store.create(configMaps, configMap('a'));
    store.create(configMaps, configMap('b'));
    api.faults.sendMalformed('configmaps', '{"type":"ADDED","object":{"metadata":7}}');
    await until(() => watched.lines.length === 3);
    expect(() => JSON.parse(watched.lines[0]!)).toThrow(/JSON/);
    expect(JSON.parse(watched.lines[1]!).object.metadata.name).toBe('b');
    expect(watched.lines[2]).toBe('{"type":"ADDED","object":{"metadata":7}}');
  });

  test('expireWatches ends them with 410, of one type or all', async () => {
    const { watch, api } = await testApi();
    const watched = await watch(`${maps}?watch=true`);
    const other = await watch(`${webPath('services')}?watch=true`);
    api.faults.expireWatches('configmaps');
    expect(await watched.ended()).toBe('end');
    expect(watched.events()).toStrictEqual(['ERROR 410 Expired']);
    expect(other.end()).toBeUndefined();
    expect(api.openWatches()).toBe(1);
  });

  test('closeWatches ends them cleanly, resetConnections not', async () => {
    const { watch, api } = await testApi();
    const closed = await watch(`${maps}?watch=true`);
    api.faults.closeWatches();
    expect(await closed.ended()).toBe('end');
    const reset = await watch(`${maps}?watch=true`);
    api.faults.resetConnections();
    expect(await reset.ended()).toBe('error');
    await until(() => api.openWatches() === 0);
  });

  test('hang leaves them open and silent for good', async () => {
    const { watch, store, api, get } = await testApi({ bookmarkIntervalMs: 5 });
    const query = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=1';
    const held = await watch(`${maps}?${query}`);
    api.faults.hang();
    store.create(configMaps, configMap('a'));
    const fresh = await watch(`${maps}?${query}&resourceVersion=${store.resourceVersion - 1}`);
    expect(await fresh.count(1)).toContain(`ADDED a@${store.resourceVersion}`);
    expect((await get(maps)).code).toBe(200);
    const lines = held.lines.length;
    // By now the held one would have ended too.
    await fresh.ended();
    expect(held.lines).toHaveLength(lines);
    expect(held.end()).toBeUndefined();
  });
});

describe('faults of requests', () => {
  test('hang can hold new ones, until resume', async () => {
    const { api, get } = await testApi();
    api.faults.hang({ newRequests: 'held' });
    let answered = false;
    const answer = get(maps).then((found) => {
      answered = true;
      return found;
    });
    await until(() => api.faults.heldRequests === 1);
    expect(answered).toBe(false);
    api.faults.resume();
    expect((await answer).code).toBe(200);
  });

  test('failNext fails as many requests as it says, in its scope', async () => {
    const { api, get, send } = await testApi();
    api.faults.failNext(2, 429, { retryAfterSeconds: 3, verb: 'list', plural: 'configmaps' });
    expect((await get(webPath('services'))).code).toBe(200);
    expect((await get(`${maps}/a`)).code).toBe(404);
    const failed = await get(maps);
    expect(failed).toMatchObject({ code: 429, body: { reason: 'TooManyRequests' } });
    expect(failed.headers.get('retry-after')).toBe('3');
    expect((await get(maps)).code).toBe(429);
    expect((await get(maps)).code).toBe(200);
    api.faults.failNext(1, 500);
    expect((await send('POST', maps, { body: configMap('a') })).code).toBe(500);
  });

  test('failAll fails all, until told otherwise', async () => {
    const { api, get } = await testApi();
    api.faults.failAll(503);
    const storm = await Promise.all([get(maps), get('/version'), get('/apis'), get(`${maps}?watch=true`)]);
    expect(storm.map(({ code }) => code)).toStrictEqual([503, 503, 503, 503]);
    api.faults.failAll(undefined);
    expect((await get(maps)).code).toBe(200);
  });

  test('staleList shows a past state once', async () => {
    const { api, get, store } = await testApi();
    store.create(configMaps, configMap('a'));
    const version = store.resourceVersion;
    store.delete(configMaps, 'web', 'a');
    store.create(services, objectOf(services, 's', { spec: { ports: [{ port: 80 }] } }));
    api.faults.staleList('configmaps', version);
    expect((await get(webPath('services'))).body.items).toHaveLength(1);
    const stale = (await get(maps)).body;
    expect(stale.metadata.resourceVersion).toBe(String(version));
    expect(stale.items).toHaveLength(1);
    expect((await get(maps)).body.items).toHaveLength(0);
  });

  test('delayMs makes every request wait', async () => {
    const { api, get } = await testApi();
    api.faults.delayMs(30);
    const startMs = performance.now();
    await get(maps);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(29);
  });
});

test('traffic counts what was asked and how it was answered', async () => {
  const { api, get, send, watch, patch } = await testApi();
  await get(maps);
  await get(maps);
  await get(`${maps}/a`);
  await send('POST', maps, { body: configMap('a') });
  await patch(`${maps}/a`, 'application/merge-patch+json', {});
  await watch(`${maps}?watch=true`);
  await get('/version');
  const { traffic } = api;
  expect(traffic.requests()).toBe(7);
  expect(traffic.requests({ verb: 'list', plural: 'configmaps' })).toBe(2);
  expect(traffic.requests({ verb: 'watch', plural: 'configmaps', code: 200 })).toBe(1);
  expect(traffic.requests({ verb: 'get', code: 404 })).toBe(1);
  expect(traffic.requests({ verb: 'create', code: 201 })).toBe(1);
  expect(traffic.requests({ verb: 'patch', plural: 'configmaps' })).toBe(1);
  expect(traffic.requests({ plural: '' })).toBe(1);
});
