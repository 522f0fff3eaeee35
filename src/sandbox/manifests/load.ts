import {
  type Manifest,
  type ManifestProblem,
  type ManifestSource,
  isKubeObject,
  objectName,
  problemAt,
  refusals,
} from './manifest.js';
import { type ReadValue, readManifestPath } from './file.js';
import { definedTypes } from '../store/definition.js';
import { at, isFields, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { type ResourceType, apiVersionOf, resourceByKind, resources } from '../store/resource.js';
import { Store } from '../store/store.js';

export type LoadedManifests =
  | { readonly ok: true; readonly manifests: readonly Manifest[] }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/**
 * Reads Kubernetes objects from YAML and JSON files. A path to a folder stands for its files that end in .yaml, .yml or
 * .json, by name, but not for those of folders in it: so does `kubectl apply -f`. A file may hold several documents, and
 * Lists of objects. Objects that name no namespace belong to `default`.
 *
 * All that can be checked without knowing the cluster is checked, and all problems are told together.
 */
export async function loadManifests(
  paths: readonly string[],
  options: {
    /** Finds the kinds that the manifests don't define themselves. Default the built-in ones. */
    readonly findType?: FindType;
  } = {},
): Promise<LoadedManifests> {
  const problems: ManifestProblem[] = [];
  const values: ReadValue[] = [];
  for (const path of paths) {
    const read = await readManifestPath(path);
    if (read.values.length + read.problems.length === 0)
      problems.push({ file: path, message: 'holds no object' });
    problems.push(...read.problems);
    values.push(...read.values);
  }
  const { findType = resourceByKind } = options;
  const types = withDefined(
    findType,
    values.map(({ value }) => value),
  );
  const manifests: Manifest[] = [];
  for (const read of values) {
    const checked = checkObject(read, types);
    if (checked.ok) manifests.push(checked.manifest);
    else problems.push(...checked.problems);
  }
  problems.push(...invalidities(manifests));
  return problems.length === 0 ? { ok: true, manifests } : { ok: false, problems };
}

type FindType = (apiVersion: string, kind: string) => ResourceType | undefined;

/** Finds what definitions among the values define, and then the rest. */
function withDefined(findType: FindType, values: readonly unknown[]): FindType {
  const defined = values.flatMap((value) =>
    isKubeObject(value) && value.kind === 'CustomResourceDefinition' ? definedTypes(value) : [],
  );
  return (apiVersion, kind) =>
    defined.find((type) => type.kind === kind && apiVersionOf(type) === apiVersion) ??
    findType(apiVersion, kind);
}

type Checked =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/** Whether a value has what every object has, and a kind that is known. */
function checkObject({ value, source }: ReadValue, findType: FindType): Checked {
  if (!isFields(value)) {
    const found = Array.isArray(value) ? 'a list' : `the value ${JSON.stringify(value)}`;
    return refused([
      problemAt(source, { message: `expected an object with apiVersion, kind and metadata, found ${found}` }),
    ]);
  }
  const type = findType(textAt(value, 'apiVersion') ?? '', textAt(value, 'kind') ?? '');
  const problems = [...kindProblems(value, type, source), ...identityProblems(value, source)];
  if (!isKubeObject(value) || !type || problems.length > 0) return refused(problems);
  return { ok: true, manifest: { object: placed(value, type), type, source } };
}

function refused(problems: readonly ManifestProblem[]): Checked {
  return { ok: false, problems };
}

function kindProblems(
  value: unknown,
  type: ResourceType | undefined,
  source: ManifestSource,
): readonly ManifestProblem[] {
  const missing = ['apiVersion', 'kind'].filter((field) => (textAt(value, field) ?? '') === '');
  if (missing.length > 0)
    return missing.map((field) => problemAt(source, { field, message: 'Required value' }));
  if (type) return [];
  const kind = textAt(value, 'kind') ?? '';
  const other = resources.find((one) => one.kind === kind);
  const hint = other ? `; ${kind} is of ${apiVersionOf(other)}` : '';
  const message = `the sandbox knows no ${kind} of apiVersion ${textAt(value, 'apiVersion') ?? ''}${hint}`;
  return [problemAt(source, { field: other ? 'apiVersion' : 'kind', message })];
}

function identityProblems(value: unknown, source: ManifestSource): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const name = at(value, 'metadata', 'name');
  const namespace = at(value, 'metadata', 'namespace');
  const object = textAt(value, 'kind');
  const report = (field: string, message: string): void => {
    problems.push(problemAt(source, { ...(object !== undefined && { object }), field, message }));
  };
  if (name === undefined || name === null || name === '') {
    const generated = at(value, 'metadata', 'generateName') !== undefined;
    report(
      'metadata.name',
      generated ? 'Required value: generateName names no object to apply to' : 'Required value',
    );
  } else if (typeof name !== 'string') {
    report('metadata.name', `Invalid value: ${JSON.stringify(name)}: must be a string (quote it)`);
  }
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    report('metadata.namespace', `Invalid value: ${JSON.stringify(namespace)}: must be a string (quote it)`);
  }
  return problems;
}

/** The object in the namespace it belongs to, without the version that another cluster gave it. */
function placed(object: KubeObject, type: ResourceType): KubeObject {
  const { namespace, resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
  if (!type.namespaced) return { ...object, metadata };
  const own = namespace === undefined || namespace === null || namespace === '' ? 'default' : namespace;
  return { ...object, metadata: { ...metadata, namespace: own } };
}

/** What a store would refuse. An empty one is asked, which also shows what is there twice. */
function invalidities(manifests: readonly Manifest[]): readonly ManifestProblem[] {
  const store = new Store();
  const first = new Map<string, Manifest>();
  return manifests.flatMap((manifest) => {
    const { type, object, source } = manifest;
    const identity = `${type.group}/${objectName(object)}`;
    const twin = first.get(identity);
    if (twin) {
      const where = `${twin.source.file}:${twin.source.lineOf('')}`;
      return [
        problemAt(source, {
          object: objectName(object),
          message: `is there twice: the first is at ${where}`,
        }),
      ];
    }
    first.set(identity, manifest);
    const outcome = store.create(type, object, { seed: true, dryRun: true });
    return outcome.ok ? [] : refusals(manifest, outcome.status);
  });
}
