import { isFields, textAt } from '../store/field.js';
import type { KubeObject, ObjectMeta } from '../store/object.js';
import { type ResourceType, type Subresource, apiVersionOf } from '../store/resource.js';
import { scale } from '../store/shapes/metadata.js';
import type { Shape } from '../store/shapes/shape.js';
import { badRequest } from '../store/status.js';
import type { Checked } from './checked.js';
import { validateFields } from './field-validation.js';

/** Where an object is written to, by the URL. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  /** Empty for a create. */
  readonly name: string;
  readonly subresource: Subresource | undefined;
}

export interface IncomingObject {
  readonly object: KubeObject;
  /** What the client should know, though its write goes through. */
  readonly warnings: readonly string[];
}

/** What an object must look like that is written to the target. */
export function targetShape({ type, subresource }: Target): Shape {
  return subresource === 'scale' ? scale : type.shape;
}

/** Checks that a body is an object for where it was sent, and completes it by what the URL says. */
export function readObject(
  target: Target,
  value: unknown,
  fieldValidation: string | null,
): Checked<IncomingObject> {
  const { type, namespace, name, subresource } = target;
  const refuse = (message: string): Checked<IncomingObject> => ({ ok: false, status: badRequest(message) });
  if (!isFields(value)) return refuse('the object provided is unrecognized: it must be an object');
  const expected =
    subresource === 'scale'
      ? { apiVersion: 'autoscaling/v1', kind: 'Scale' }
      : { apiVersion: apiVersionOf(type), kind: type.kind };
  const { apiVersion = expected.apiVersion, kind = expected.kind, metadata = {} } = value;
  if (apiVersion !== expected.apiVersion) {
    return refuse(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected.apiVersion})`,
    );
  }
  if (kind !== expected.kind) {
    return refuse(
      `${String(kind)} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${expected.kind}`,
    );
  }
  const meta = readMetadata(metadata, type.namespaced ? namespace : undefined, name);
  if (!meta.ok) return meta;
  const object = { ...value, ...expected, metadata: meta.value };
  const fields = validateFields({ ...expected, type, shape: targetShape(target) }, object, fieldValidation);
  return fields.ok ? { ok: true, value: { object, warnings: fields.value } } : fields;
}

function readMetadata(metadata: unknown, namespace: string | undefined, name: string): Checked<ObjectMeta> {
  const refuse = (message: string): Checked<ObjectMeta> => ({ ok: false, status: badRequest(message) });
  if (!isFields(metadata)) return refuse('metadata must be an object');
  for (const field of ['name', 'generateName', 'namespace', 'uid', 'resourceVersion']) {
    const text = metadata[field] ?? '';
    if (typeof text !== 'string') return refuse(`metadata.${field} must be a string`);
  }
  const given = { name: textAt(metadata, 'name') ?? '', namespace: textAt(metadata, 'namespace') ?? '' };
  // On an object of the cluster a namespace means nothing.
  if (given.namespace !== '' && namespace !== undefined && given.namespace !== namespace) {
    return refuse(
      `the namespace of the provided object does not match the namespace sent on the request (${given.namespace} != ${namespace})`,
    );
  }
  if (name !== '' && given.name !== '' && given.name !== name) {
    return refuse(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  }
  const { namespace: _, ...rest } = metadata;
  const named = { ...rest, name: name === '' ? given.name : name };
  return { ok: true, value: namespace === undefined ? named : { ...named, namespace } };
}

/** A client that creates an object can't say how it fares; but a Node's kubelet does. */
export function withoutStatus(type: ResourceType, object: KubeObject): KubeObject {
  if (!type.subresources.includes('status') || type.kind === 'Node') return object;
  const { status: _, ...rest } = object;
  return rest;
}
