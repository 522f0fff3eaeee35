import { applyMergePatch } from '../api/patch/merge-patch.js';
import { namespaces } from '../controllers/kinds.js';
import {
  type Manifest,
  type ManifestProblem,
  isKubeObject,
  objectName,
  problemAt,
  refusals,
} from './manifest.js';
import type { KubeObject } from '../store/object.js';
import type { Outcome, Store } from '../store/store.js';

export type AppliedManifests =
  | { readonly ok: true; readonly objects: readonly KubeObject[] }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/**
 * Writes manifests to a store, those first that others need. An object that is there already gets the fields of its
 * manifest laid over it: lists are replaced, and a field that the manifest doesn't mention stays (JSON merge patch, RFC
 * 7386). A new object keeps the uid that its manifest gives it, so that exported owners and owned still fit together.
 *
 * Everything is tried before anything is written: where the store would refuse one object, none is written.
 */
export function applyManifests(store: Store, manifests: readonly Manifest[]): AppliedManifests {
  const problems = [
    ...namespaceProblems(store, manifests),
    ...manifests.flatMap((manifest) => refusalsOf(manifest, write(store, manifest, true))),
  ];
  if (problems.length > 0) return { ok: false, problems };

  const objects: KubeObject[] = [];
  for (const manifest of inOrder(manifests)) {
    const outcome = write(store, manifest, false);
    if (!outcome.ok) return { ok: false, problems: refusals(manifest, outcome.status) };
    objects.push(outcome.object);
  }
  return { ok: true, objects };
}

function write(store: Store, { type, object }: Manifest, dryRun: boolean): Outcome {
  const { namespace, name } = object.metadata;
  const present = store.get(type, namespace, name);
  if (!present) return store.create(type, object, { seed: true, dryRun });
  const { uid: _, creationTimestamp: __, ...metadata } = object.metadata;
  const merged = applyMergePatch(present, { ...object, metadata });
  if (!isKubeObject(merged)) throw new Error(`${objectName(object)} lost its name in a merge`);
  return store.update(type, merged, { dryRun });
}

function refusalsOf(manifest: Manifest, outcome: Outcome): readonly ManifestProblem[] {
  return outcome.ok ? [] : refusals(manifest, outcome.status);
}

function namespaceProblems(store: Store, manifests: readonly Manifest[]): readonly ManifestProblem[] {
  const brought = new Set(
    manifests.filter(({ type }) => type === namespaces).map(({ object }) => object.metadata.name),
  );
  return manifests.flatMap(({ object, source }) => {
    const { namespace } = object.metadata;
    if (namespace === undefined || brought.has(namespace)) return [];
    const present = store.get(namespaces, undefined, namespace);
    if (present && present.metadata.deletionTimestamp === undefined) return [];
    const message = present
      ? `namespace ${namespace} is being deleted`
      : `there is no namespace ${namespace}`;
    return [problemAt(source, { object: objectName(object), field: 'metadata.namespace', message })];
  });
}

/** What others can't do without comes first; otherwise the order is that of the files. */
const first = [
  'CustomResourceDefinition',
  'Namespace',
  'Node',
  'ServiceAccount',
  'ConfigMap',
  'Secret',
  'Service',
];

function inOrder(manifests: readonly Manifest[]): readonly Manifest[] {
  const rank = ({ object }: Manifest): number => {
    const index = first.indexOf(object.kind);
    return index === -1 ? first.length : index;
  };
  return [...manifests].sort((left, right) => rank(left) - rank(right));
}
