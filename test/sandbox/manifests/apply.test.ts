import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { type AppliedManifests, applyManifests } from '../../../src/sandbox/manifests/apply.js';
import { loadManifests } from '../../../src/sandbox/manifests/load.js';
import { type Manifest, problemText } from '../../../src/sandbox/manifests/manifest.js';
import { at } from '../../../src/sandbox/store/field.js';
import { resourceByKind } from '../../../src/sandbox/store/resource.js';
import { Store } from '../../../src/sandbox/store/store.js';

const configMaps = resourceByKind('v1', 'ConfigMap')!;

let store: Store;
beforeEach(() => {
  store = new Store();
  store.create(kinds.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
});

async function manifests(...objects: readonly object[]): Promise<readonly Manifest[]> {
  const folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  try {
    await writeFile(
      join(folder, 'all.yaml'),
      objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    );
    const loaded = await loadManifests([folder]);
    if (!loaded.ok) throw new Error(loaded.problems.map(problemText).join('\n'));
    return loaded.manifests;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function problems(applied: AppliedManifests): readonly string[] {
  return applied.ok
    ? []
    : applied.problems.map((problem) =>
        problemText(problem)
          .replace(/^.*(?=all\.yaml)/, '')
          .replace(/ \(document \d+\)/, ''),
      );
}

function map(name: string, options: { namespace?: string; data?: object; labels?: object } = {}): object {
  const { namespace = 'default', data, labels } = options;
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data };
}

test('objects are written after those they need, whatever the order of the files', async () => {
  const order: string[] = [];
  for (const type of [kinds.namespaces, kinds.services, kinds.pods]) {
    store.subscribe(type, ({ object }) => order.push(object.kind));
  }
  const applied = applyManifests(
    store,
    await manifests(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { containers: [{ name: 'main', image: 'web:1' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { ports: [{ port: 80 }] },
      },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    ),
  );
  expect(applied).toMatchObject({
    ok: true,
    objects: [{ kind: 'Namespace' }, { kind: 'Service' }, { kind: 'Pod' }],
  });
  expect(order).toEqual(['Namespace', 'Namespace', 'Service', 'Pod']);
});

test('what is there already gets the fields of its manifest, and keeps the others', async () => {
  const first = await manifests(map('a', { data: { x: '1', y: '2' }, labels: { app: 'a', gone: 'no' } }));
  applyManifests(store, first);
  const before = store.get(configMaps, 'default', 'a');
  const second = await manifests({ ...map('a', { data: { x: '9' }, labels: { app: 'b' } }) });
  expect(applyManifests(store, second)).toMatchObject({ ok: true });
  const after = store.get(configMaps, 'default', 'a');
  expect(after).toMatchObject({
    data: { x: '9', y: '2' },
    metadata: { labels: { app: 'b', gone: 'no' }, uid: before?.metadata.uid },
  });

  const version = store.resourceVersion;
  applyManifests(store, second);
  expect(store.resourceVersion).toBe(version);
});

test('new objects keep the uids they come with, so that owners and owned fit together', async () => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'u1' };
  const applied = applyManifests(
    store,
    await manifests(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'child', ownerReferences: [owner] } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner', uid: 'u1' } },
    ),
  );
  expect(applied.ok).toBe(true);
  expect(store.get(configMaps, 'default', 'owner')?.metadata.uid).toBe('u1');
});

test('nothing is written where anything would be refused, and all refusals are told', async () => {
  const terminating = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'old', finalizers: ['example.com/hold'] },
  };
  store.create(kinds.namespaces, terminating);
  store.delete(kinds.namespaces, undefined, 'old');
  const container = (image: string): object => ({
    containers: [{ name: 'main', image, env: [{ name: 'IMAGE', value: image }] }],
  });
  const pod = (image: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: container(image),
  });
  expect(applyManifests(store, await manifests(pod('web:1'))).ok).toBe(true);

  const version = store.resourceVersion;
  const applied = applyManifests(
    store,
    await manifests(
      map('fine'),
      map('lost', { namespace: 'nowhere' }),
      map('late', { namespace: 'old' }),
      pod('web:2'),
    ),
  );
  const found = problems(applied);
  expect(found).toHaveLength(3);
  expect(found[0]).toBe(
    'all.yaml:3: ConfigMap nowhere/lost: metadata.namespace: there is no namespace nowhere',
  );
  expect(found[1]).toBe('all.yaml:5: ConfigMap old/late: metadata.namespace: namespace old is being deleted');
  expect(found[2]).toMatch(
    /^all\.yaml:7: Pod default\/web: spec: Forbidden: pod updates may not change fields other than/,
  );
  expect(store.resourceVersion).toBe(version);
  expect(at(store.get(kinds.pods, 'default', 'web'), 'spec', 'containers', 0, 'image')).toBe('web:1');
});
