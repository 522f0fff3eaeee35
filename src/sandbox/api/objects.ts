import type { KubeObject } from '../store/object.js';
import { invalidValue } from '../store/problem.js';
import { apiVersionOf } from '../store/resource.js';
import { invalid, notFound } from '../store/status.js';
import type { Outcome, Store } from '../store/store.js';
import { type Body, parseJsonText, parseObjectBody } from './body.js';
import type { Encoding } from './encoding.js';
import {
  type IncomingObject,
  type Target,
  readObject,
  targetShape,
  withoutStatus,
} from './incoming-object.js';
import { applyPatchBody, patchKindRefusal } from './patch/patch.js';
import { type Reply, type TextReply, jsonReply, statusReply } from './reply.js';
import { scaleOf, scaledObject } from './scale.js';
import type { Selection } from './selection.js';
import { readDeleteOptions, readDryRun } from './write-options.js';

/** A request about one object, or about a collection where there is no name. */
export interface ObjectRequest extends Target {
  readonly store: Store;
  readonly query: URLSearchParams;
  readonly body: Body;
  readonly encoding: Encoding;
}

export function getObject(request: ObjectRequest): Reply {
  const { store, type, namespace, name } = request;
  const object = store.get(type, namespace, name);
  return object ? objectReply(request, 200, object) : statusReply(notFound(type, name));
}

export function createObject(request: ObjectRequest): Reply {
  const { store, type } = request;
  const dryRun = readDryRun(request.query.getAll('dryRun'));
  if (!dryRun.ok) return statusReply(dryRun.status);
  const parsed = parseObjectBody(request.body);
  if (!parsed.ok) return statusReply(parsed.status);
  const incoming = readObject(request, parsed.value, request.query.get('fieldValidation'));
  if (!incoming.ok) return statusReply(incoming.status);
  const { object, warnings } = incoming.value;
  const outcome = store.create(type, withoutStatus(type, object), { dryRun: dryRun.value });
  return outcomeReply(request, 201, outcome, warnings);
}

export function replaceObject(request: ObjectRequest): Reply {
  const { store, type, namespace, name, subresource } = request;
  const parsed = parseObjectBody(request.body);
  if (!parsed.ok) return statusReply(parsed.status);
  if (!store.get(type, namespace, name)) return statusReply(notFound(type, name));
  const incoming = readObject(request, parsed.value, request.query.get('fieldValidation'));
  if (!incoming.ok) return statusReply(incoming.status);
  if (
    type.custom &&
    subresource !== 'scale' &&
    incoming.value.object.metadata.resourceVersion === undefined
  ) {
    const problem = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
    return statusReply(invalid(type, name, [problem]));
  }
  return updateReply(request, incoming.value);
}

export function patchObject(request: ObjectRequest): Reply {
  const { store, type, namespace, name, subresource, body } = request;
  const refusal = patchKindRefusal(type, body.mediaType);
  if (refusal) return statusReply(refusal);
  const patch = parseJsonText(body.text);
  if (!patch.ok) return statusReply(patch.status);
  const current = store.get(type, namespace, name);
  if (!current) return statusReply(notFound(type, name));
  const result = applyPatchBody({
    mediaType: body.mediaType,
    target: subresource === 'scale' ? scaleOf(current) : { ...current, apiVersion: apiVersionOf(type) },
    patch: patch.value,
    shape: targetShape(request),
  });
  if (!result.ok) return statusReply(result.status);
  const incoming = readObject(request, result.value, request.query.get('fieldValidation'));
  return incoming.ok ? updateReply(request, incoming.value) : statusReply(incoming.status);
}

export function deleteObject(request: ObjectRequest): Reply {
  const { store, type, namespace, name } = request;
  const options = readDeleteOptions(request.query, request.body);
  if (!options.ok) return statusReply(options.status);
  const outcome = store.delete(type, namespace, name, options.value);
  if (!outcome.ok) return statusReply(outcome.status);
  const { uid, deletionTimestamp } = outcome.object.metadata;
  if (deletionTimestamp !== undefined || type.kind === 'Pod')
    return objectReply(request, 200, outcome.object);
  const details = { name, ...(type.group !== '' && { group: type.group }), kind: type.plural, uid };
  return jsonReply(
    200,
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }),
  );
}

/** Deletes what a selection selects, and answers with the objects as they were. */
export function deleteCollection(request: ObjectRequest, selection: Selection): Reply {
  const { store, type, encoding } = request;
  const options = readDeleteOptions(request.query, request.body);
  if (!options.ok) return statusReply(options.status);
  const selected = store.list(type, selection.namespace).filter((object) => selection.matches(object));
  for (const { metadata } of selected) {
    store.delete(type, metadata.namespace, metadata.name, options.value);
  }
  return {
    kind: 'parts',
    parts: encoding.list({ resourceVersion: String(store.resourceVersion) }, selected),
  };
}

function updateReply(request: ObjectRequest, { object, warnings }: IncomingObject): Reply {
  const { store, type, subresource } = request;
  const dryRun = readDryRun(request.query.getAll('dryRun'));
  if (!dryRun.ok) return statusReply(dryRun.status);
  const next = subresource === 'scale' ? scaledObject(type, object) : object;
  const outcome = store.update(type, next, { dryRun: dryRun.value, ...(subresource && { subresource }) });
  return outcomeReply(request, 200, outcome, warnings);
}

function outcomeReply(
  request: ObjectRequest,
  code: number,
  outcome: Outcome,
  warnings: readonly string[],
): Reply {
  if (!outcome.ok) return statusReply(outcome.status);
  const reply = objectReply(request, code, outcome.object);
  if (warnings.length === 0) return reply;
  // RFC 7234, section 5.5; 299 is a miscellaneous persistent warning. kubectl prints them.
  return { ...reply, headers: { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`) } };
}

function objectReply({ encoding, subresource }: ObjectRequest, code: number, object: KubeObject): TextReply {
  if (subresource === 'scale') return jsonReply(code, JSON.stringify(scaleOf(object)));
  return jsonReply(code, encoding.object(object));
}
