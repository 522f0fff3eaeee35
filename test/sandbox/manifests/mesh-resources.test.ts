import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LoadedManifests } from '../../../src/sandbox/manifests/load.js';
import { objectName, problemText } from '../../../src/sandbox/manifests/manifest.js';
import { loadWithMeshResources } from '../../../src/sandbox/manifests/mesh-resources.js';
import { at } from '../../../src/sandbox/store/field.js';

const definitions = [
  'CustomResourceDefinition serviceprofiles.linkerd.io',
  'CustomResourceDefinition servers.policy.linkerd.io',
  'CustomResourceDefinition externalworkloads.workload.linkerd.io',
];

async function file(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'conduit-mesh-resources-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'a.yaml');
  await writeFile(path, content);
  return path;
}

function names(loaded: LoadedManifests): readonly string[] {
  return loaded.ok
    ? loaded.manifests.map(({ object }) => objectName(object))
    : loaded.problems.map(problemText);
}

const profile = (apiVersion: string, spec: string): string => `apiVersion: ${apiVersion}
kind: ServiceProfile
metadata: { name: web.default.svc.cluster.local }
spec: ${spec}
`;

test('the definitions come before what the user brings, and their kinds are known', async () => {
  const path = await file(profile('linkerd.io/v1alpha2', '{ routes: [] }'));
  expect(names(await loadWithMeshResources([path]))).toEqual([
    ...definitions,
    'ServiceProfile default/web.default.svc.cluster.local',
  ]);
});

test('the example application has no problems', async () => {
  const loaded = names(await loadWithMeshResources(['examples/corner-shop']));
  expect(loaded.slice(0, 3)).toEqual(definitions);
  expect(loaded).toContain('StatefulSet corner-shop/stock');
  expect(loaded).toContain('Server corner-shop/stock-peers');
  expect(loaded).toContain('ServiceProfile corner-shop/catalog.corner-shop.svc.cluster.local');
});

test('a definition that the user brings takes the place of ours', async () => {
  expect(names(await loadWithMeshResources(['examples/mesh-resources']))).toEqual(definitions);

  const own = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: serviceprofiles.linkerd.io }
spec:
  group: linkerd.io
  scope: Namespaced
  names: { kind: ServiceProfile, plural: serviceprofiles }
  versions:
    - &version
      name: v1alpha2
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
    - { <<: *version, name: v1alpha3, storage: false }
`;
  const path = await file(`${own}---\n${profile('linkerd.io/v1alpha3', '{ routes: 7 }')}`);
  const loaded = await loadWithMeshResources([path]);
  expect(names(loaded)).toEqual([
    ...definitions.slice(1),
    definitions[0],
    'ServiceProfile default/web.default.svc.cluster.local',
  ]);
  expect(loaded.ok && at(loaded.manifests[2]?.object, 'spec', 'versions', 1, 'name')).toBe('v1alpha3');
});
