import { fileURLToPath } from 'node:url';
import { definedTypes } from '../store/definition.js';
import { apiVersionOf, resourceByKind } from '../store/resource.js';
import { type LoadedManifests, loadManifests } from './load.js';
import { objectName } from './manifest.js';

/** The definitions of ServiceProfile, Server and ExternalWorkload. Three folders up is the package, from src as from dist. */
const definitionsFile = fileURLToPath(new URL('../../../examples/mesh-resources/crds.yaml', import.meta.url));

/**
 * Reads manifests as `loadManifests` does, and puts the definitions of the mesh's own resources ahead of them. A manifest
 * that defines one of these itself takes the place of ours.
 */
export async function loadWithMeshResources(paths: readonly string[]): Promise<LoadedManifests> {
  const definitions = await loadManifests([definitionsFile]);
  if (!definitions.ok) return definitions;
  const ours = definitions.manifests.flatMap(({ object }) => definedTypes(object));
  const loaded = await loadManifests(paths, {
    findType: (apiVersion, kind) =>
      resourceByKind(apiVersion, kind) ??
      ours.find((type) => type.kind === kind && apiVersionOf(type) === apiVersion),
  });
  if (!loaded.ok) return loaded;
  const brought = new Set(loaded.manifests.map(({ object }) => objectName(object)));
  const missing = definitions.manifests.filter(({ object }) => !brought.has(objectName(object)));
  return { ok: true, manifests: [...missing, ...loaded.manifests] };
}
