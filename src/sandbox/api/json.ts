import type { KubeObject } from '../store/object.js';
import { type ResourceType, apiVersionOf } from '../store/resource.js';

/**
 * The JSON text of stored objects. Objects never change, so each is serialised once, however many lists and watches it
 * goes out on.
 */

const bodies = new WeakMap<KubeObject, string>();

/** Everything but `kind` and `apiVersion`, up to and with the closing brace. */
function bodyOf(object: KubeObject): string {
  const known = bodies.get(object);
  if (known !== undefined) return known;
  const { apiVersion: _, kind: __, ...rest } = object;
  const body = JSON.stringify(rest).slice(1);
  bodies.set(object, body);
  return body;
}

/** The object as the given version of its type. */
export function objectJson(type: ResourceType, object: KubeObject): string {
  return `${typeMeta(type.kind, apiVersionOf(type))},${bodyOf(object)}`;
}

/** The object as a member of a list. Lists of built-in types say kind and version once, for all members. */
export function itemJson(type: ResourceType, object: KubeObject): string {
  return type.custom ? objectJson(type, object) : `{${bodyOf(object)}`;
}

/** The object as meta/v1 PartialObjectMetadata. */
export function metadataJson(object: KubeObject): string {
  return `${typeMeta('PartialObjectMetadata', 'meta.k8s.io/v1')},"metadata":${JSON.stringify(object.metadata)}}`;
}

/** The beginning of an object, without the comma that follows. */
export function typeMeta(kind: string, apiVersion: string): string {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)}`;
}
