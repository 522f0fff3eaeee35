import { describe, expect, test } from 'vitest';
import type { Store } from '../../../src/sandbox/store/store.js';
import {
  configMap,
  configMaps,
  deployment,
  deployments,
  namespaces,
  objectOf,
  testStore,
  written,
} from '../store/kit.js';
import { metadataAccept, tableAccept, testApi, webPath } from './kit.js';

const maps = webPath('configmaps');

function withMaps(names: readonly string[]): Store {
  const store = testStore();
  for (const name of names) {
    const labels = { name, parity: Number(name.slice(1)) % 2 === 0 ? 'even' : 'odd' };
    store.create(configMaps, objectOf(configMaps, name, { metadata: { labels } }));
  }
  return store;
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `m${String(index).padStart(2, '0')}`);
}

function namesOf(body: { items: { metadata: { name: string } }[] }): readonly string[] {
  return body.items.map(({ metadata }) => metadata.name);
}

describe('a list', () => {
  test('says kind and version once, and the version of what it shows', async () => {
    const { get, store } = await testApi({ store: withMaps(['m1', 'm2']) });
    const { body } = await get(maps);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(body.metadata).toStrictEqual({ resourceVersion: String(store.resourceVersion) });
    expect(namesOf(body)).toStrictEqual(['m1', 'm2']);
    expect(Object.keys(body.items[0])).toStrictEqual(['metadata']);
  });

  test('of a namespace that isn’t there is empty', async () => {
    const { get } = await testApi();
    expect((await get('/api/v1/namespaces/nowhere/pods')).body.items).toStrictEqual([]);
  });

  test('of all namespaces holds every object', async () => {
    const store = withMaps(['m1']);
    store.create(namespaces, objectOf(namespaces, 'other'));
    store.create(configMaps, objectOf(configMaps, 'm0', { metadata: { namespace: 'other' } }));
    const { get } = await testApi({ store });
    expect(namesOf((await get('/api/v1/configmaps')).body)).toStrictEqual(['m0', 'm1']);
    const one = await get('/api/v1/configmaps?fieldSelector=metadata.name%3Dm1,metadata.namespace%3Dweb');
    expect(namesOf(one.body)).toStrictEqual(['m1']);
  });

  test('is selected by labels and fields', async () => {
    const { get } = await testApi({ store: withMaps(numbered(6)) });
    const selected = async (query: Record<string, string>) =>
      namesOf((await get(`${maps}?${new URLSearchParams(query).toString()}`)).body);
    expect(await selected({ labelSelector: 'parity=even' })).toStrictEqual(['m00', 'm02', 'm04']);
    expect(await selected({ labelSelector: 'name in (m01, m02),parity!=odd' })).toStrictEqual(['m02']);
    expect(await selected({ fieldSelector: 'metadata.name=m03' })).toStrictEqual(['m03']);
    expect(await selected({ fieldSelector: 'metadata.name=none' })).toStrictEqual([]);
    expect(
      await selected({ fieldSelector: 'metadata.name!=m03', labelSelector: 'parity=odd' }),
    ).toStrictEqual(['m01', 'm05']);
    for (const query of [
      'fieldSelector=data.x%3D1',
      'labelSelector=%3D%3D',
      'limit=-1',
      'resourceVersion=x',
    ]) {
      expect((await get(`${maps}?${query}`)).code).toBe(400);
    }
  });
});

describe('pages', () => {
  test('show one version, whatever is written between them', async () => {
    const { get, store } = await testApi({ store: withMaps(numbered(7)) });
    const first = (await get(`${maps}?limit=3`)).body;
    expect(first.metadata).toMatchObject({ remainingItemCount: 4 });
    store.delete(configMaps, 'web', 'm03');
    store.create(configMaps, configMap('m031'));
    store.update(configMaps, configMap('m04', { x: '1' }));
    const next = (token: string) => get(`${maps}?limit=3&continue=${encodeURIComponent(token)}`);
    const second = (await next(first.metadata.continue)).body;
    store.delete(configMaps, 'web', 'm06');
    const third = (await next(second.metadata.continue)).body;
    expect([first, second, third].map(namesOf)).toStrictEqual([
      ['m00', 'm01', 'm02'],
      ['m03', 'm04', 'm05'],
      ['m06'],
    ]);
    expect(second.items[1].data).toBeUndefined();
    expect(second.metadata.remainingItemCount).toBe(1);
    expect(third.metadata).toStrictEqual({ resourceVersion: first.metadata.resourceVersion });
  });

  test('go by selectors too, without a count of what is left', async () => {
    const { get } = await testApi({ store: withMaps(numbered(6)) });
    const query = `${maps}?limit=2&labelSelector=parity%3Dodd`;
    const first = (await get(query)).body;
    expect(namesOf(first)).toStrictEqual(['m01', 'm03']);
    expect(first.metadata.remainingItemCount).toBeUndefined();
    const second = (await get(`${query}&continue=${first.metadata.continue}`)).body;
    expect(namesOf(second)).toStrictEqual(['m05']);
    expect(second.metadata.continue).toBeUndefined();
  });

  test('that fit exactly have no continuation', async () => {
    const { get } = await testApi({ store: withMaps(numbered(4)) });
    const { metadata } = (await get(`${maps}?limit=4`)).body;
    expect(metadata.continue).toBeUndefined();
  });

  test('whose version is forgotten get 410, with a token to go on at the latest', async () => {
    const { get, api, store } = await testApi({ store: withMaps(numbered(4)) });
    const first = (await get(`${maps}?limit=2`)).body;
    store.create(configMaps, configMap('m05'));
    api.faults.compact();
    const expired = await get(`${maps}?limit=2&continue=${first.metadata.continue}`);
    expect(expired).toMatchObject({ code: 410, body: { reason: 'Expired' } });
    const rest = await get(`${maps}?continue=${expired.body.metadata.continue}`);
    expect(namesOf(rest.body)).toStrictEqual(['m02', 'm03', 'm05']);
    expect((await get(`${maps}?continue=nonsense`)).code).toBe(400);
    expect((await get(`${maps}?continue=${first.metadata.continue}&resourceVersion=3`)).code).toBe(400);
  });
});

describe('resourceVersion', () => {
  test('asks for exactly a version, or for one that is not older', async () => {
    const store = withMaps(['m1']);
    const version = store.resourceVersion;
    store.create(configMaps, configMap('m2'));
    const { get } = await testApi({ store });
    const names = async (query: string) => namesOf((await get(`${maps}?${query}`)).body);
    expect(await names(`resourceVersion=${version}&resourceVersionMatch=Exact`)).toStrictEqual(['m1']);
    expect(await names(`resourceVersion=${version}&resourceVersionMatch=NotOlderThan`)).toStrictEqual([
      'm1',
      'm2',
    ]);
    expect(await names(`resourceVersion=${version}`)).toStrictEqual(['m1', 'm2']);
    expect(await names(`resourceVersion=${version}&limit=5`)).toStrictEqual(['m1']);
    expect(await names('resourceVersion=0')).toStrictEqual(['m1', 'm2']);
    store.compact();
    const gone = await get(`${maps}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect(gone).toMatchObject({ code: 410, body: { reason: 'Expired' } });
  });

  test('from the future gets 504 with a cause that clients know', async () => {
    const { get, store } = await testApi();
    const { code, headers, body } = await get(`${maps}?resourceVersion=1000000`);
    expect(code).toBe(504);
    expect(headers.get('retry-after')).toBe('1');
    expect(body).toMatchObject({
      reason: 'Timeout',
      message: `Timeout: Too large resource version: 1000000, current: ${store.resourceVersion}`,
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });

  test('match needs a version that it can match', async () => {
    const { get } = await testApi();
    const codes = [];
    for (const query of [
      'resourceVersionMatch=Exact',
      'resourceVersionMatch=Exact&resourceVersion=0',
      'resourceVersionMatch=Roughly&resourceVersion=1',
    ]) {
      codes.push((await get(`${maps}?${query}`)).code);
    }
    expect(codes).toStrictEqual([422, 422, 422]);
  });
});

describe('representations', () => {
  test('a table has a row an object', async () => {
    const store = testStore();
    store.create(deployments, deployment('a', { replicas: 2 }));
    const { get } = await testApi({ store, clock: () => new Date('2026-01-02T03:05:05Z') });
    const path = webPath('deployments', 'apps/v1');
    const { body } = await get(path, tableAccept);
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(
      body.columnDefinitions.map((one: { name: string; priority: number }) => [one.name, one.priority]),
    ).toStrictEqual([
      ['Name', 0],
      ['Ready', 0],
      ['Up-to-date', 0],
      ['Available', 0],
      ['Age', 0],
      ['Containers', 1],
      ['Images', 1],
      ['Selector', 1],
    ]);
    expect(body.rows).toStrictEqual([
      {
        cells: ['a', '0/2', 0, 0, '60s', 'main', 'main:1', 'app=a'],
        object: {
          kind: 'PartialObjectMetadata',
          apiVersion: 'meta.k8s.io/v1',
          metadata: store.get(deployments, 'web', 'a')?.metadata,
        },
      },
    ]);
    expect((await get(`${path}?includeObject=None`, tableAccept)).body.rows[0].object).toBeUndefined();
    expect((await get(`${path}?includeObject=Object`, tableAccept)).body.rows[0].object.kind).toBe(
      'Deployment',
    );
    expect((await get(`${path}/a`, tableAccept)).body.rows).toHaveLength(1);
  });

  test('metadata alone has no spec', async () => {
    const store = testStore();
    const { metadata } = written(store.create(deployments, deployment('a')));
    const { get } = await testApi({ store });
    const { body } = await get(webPath('deployments', 'apps/v1'), metadataAccept);
    const item = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
    expect(body).toStrictEqual({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: String(store.resourceVersion) },
      items: [item],
    });
    expect((await get(`${webPath('deployments', 'apps/v1')}/a`, metadataAccept)).body).toStrictEqual(item);
  });
});

test('20,000 objects are listed in pages and as a whole without delay', async () => {
  const store = testStore();
  for (let index = 0; index < 20_000; index += 1) store.create(configMaps, configMap(`m${index}`));
  const { get } = await testApi({ store });
  await get(`${maps}?limit=1`);
  const startMs = performance.now();
  let token = '';
  for (let page = 0; page < 20; page += 1) {
    const { body } = await get(`${maps}?limit=500${token === '' ? '' : `&continue=${token}`}`);
    expect(body.items).toHaveLength(500);
    token = body.metadata.continue;
  }
  const pagesMs = performance.now() - startMs;
  expect((await get(maps)).body.items).toHaveLength(20_000);
  const listMs = performance.now() - startMs - pagesMs;
  // Generous for a busy machine: a copy of every object for every page would take minutes.
  expect(pagesMs).toBeLessThan(10_000);
  expect(listMs).toBeLessThan(10_000);
}, 60_000);
