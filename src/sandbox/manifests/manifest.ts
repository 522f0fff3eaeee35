import { at, isFields } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import type { Status } from '../store/status.js';

/** An object as somebody wrote it down, and where. */
export interface Manifest {
  readonly object: KubeObject;
  readonly type: ResourceType;
  readonly source: ManifestSource;
}

/** A document of a file, or one of the items of the List that it holds. */
export interface ManifestSource {
  readonly file: string;
  /** From 1. */
  readonly document: number;
  /** The line of a field of the object, or of what is closest to it; of the object itself where the field is empty. */
  readonly lineOf: (field: string) => number;
}

/** What is wrong with a manifest, as exactly as it can be said. */
export interface ManifestProblem {
  readonly file: string;
  /** From 1; absent where the file as a whole is at fault. */
  readonly document?: number;
  readonly line?: number;
  /** `Deployment default/web`, where that much could be read. */
  readonly object?: string;
  /** `spec.ports[0].port`; absent where the object as a whole is at fault. */
  readonly field?: string;
  readonly message: string;
}

/**
 * One line for people:
 * `shop.yaml:12 (document 2): Deployment default/web: spec.replicas: Invalid value: "two": must be an integer`.
 */
export function problemText({ file, document, line, object, field, message }: ManifestProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const inDocument = document === undefined ? place : `${place} (document ${document})`;
  return [inDocument, object, field, message].filter((part) => part !== undefined).join(': ');
}

/** A problem with a field of what stands at `source`, or with all of it where the field is empty. */
export function problemAt(
  source: ManifestSource,
  problem: { readonly object?: string; readonly field?: string; readonly message: string },
): ManifestProblem {
  const { file, document, lineOf } = source;
  return { file, document, line: lineOf(problem.field ?? ''), ...problem };
}

/** The problems by which a store explains that it refuses an object. */
export function refusals({ object, source }: Manifest, status: Status): readonly ManifestProblem[] {
  const name = objectName(object);
  const causes = status.details?.causes ?? [];
  if (status.reason !== 'Invalid' || causes.length === 0) {
    return [problemAt(source, { object: name, message: status.message ?? String(status.code) })];
  }
  return causes.map(({ field, message }) =>
    problemAt(source, { object: name, ...(field !== undefined && { field }), message }),
  );
}

/** Whether a value has at least what names an object. */
export function isKubeObject(value: unknown): value is KubeObject {
  return (
    isFields(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    typeof at(value, 'metadata', 'name') === 'string'
  );
}

/** `Deployment default/web`, or `Node node-1`. */
export function objectName({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
