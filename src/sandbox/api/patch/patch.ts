import type { ResourceType } from '../../store/resource.js';
import type { Shape } from '../../store/shapes/shape.js';
import { type Status, failure } from '../../store/status.js';
import type { Checked } from '../checked.js';
import { applyJsonPatch } from './json-patch.js';
import { applyMergePatch } from './merge-patch.js';
import { patched } from './result.js';
import { applyStrategicMergePatch } from './strategic-merge-patch.js';

/** The kinds of patch by the Content-Type that announces each. */
const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicMergePatch = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

/** Why no patch of this kind can be applied to this type; undefined where one can. */
export function patchKindRefusal(type: ResourceType, mediaType: string): Status | undefined {
  const accepted = type.custom ? [jsonPatch, mergePatch] : [jsonPatch, mergePatch, strategicMergePatch];
  if (accepted.includes(mediaType)) return undefined;
  const why =
    mediaType === applyPatch
      ? 'this server does no server-side apply; use client-side apply'
      : 'the body of the request was in an unknown format';
  const message = `${why} - accepted media types include: ${accepted.join(', ')}`;
  return failure({ code: 415, reason: 'UnsupportedMediaType', message });
}

/** Applies a patch of an accepted kind. `shape` is that of the target. */
export function applyPatchBody(options: {
  readonly mediaType: string;
  readonly target: unknown;
  readonly patch: unknown;
  readonly shape: Shape;
}): Checked<unknown> {
  const { mediaType, target, patch, shape } = options;
  const result =
    mediaType === jsonPatch
      ? applyJsonPatch(target, patch)
      : mediaType === mergePatch
        ? patched(applyMergePatch(target, patch))
        : applyStrategicMergePatch(target, patch, shape);
  if (result.ok) return result;
  return result.kind === 'malformed'
    ? { ok: false, status: failure({ code: 400, reason: 'BadRequest', message: result.problem }) }
    : { ok: false, status: failure({ code: 422, reason: 'Invalid', message: result.problem }) };
}
