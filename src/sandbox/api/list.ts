import { type Ordered, lowerBound, namespaceRange, objectKey } from '../store/collection.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import { type Status, badRequest, expired, failure } from '../store/status.js';
import type { Store } from '../store/store.js';
import type { Checked } from './checked.js';
import { encodeContinueToken, parseContinueToken } from './continue-token.js';
import type { ListMeta } from './encoding.js';
import type { Selection } from './selection.js';

export interface Listed {
  readonly meta: ListMeta;
  readonly objects: readonly KubeObject[];
}

/**
 * Answers a list request. All pages of a list show one version, that of its first page. A page costs as much as it holds
 * (and as what it skips, where there are selectors), wherever in the list it lies.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export function listObjects(options: {
  readonly store: Store;
  readonly type: ResourceType;
  readonly selection: Selection;
  readonly query: URLSearchParams;
  /** Shows this past version where the client asks for the latest. */
  readonly staleVersion?: number | undefined;
}): Checked<Listed> {
  const { store, type, selection, query } = options;
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isSafeInteger(limit) || limit < 0) {
    return { ok: false, status: badRequest(`invalid limit: ${JSON.stringify(query.get('limit'))}`) };
  }
  const start = startOf(query, options.staleVersion ?? store.resourceVersion, store.resourceVersion);
  if (!start.ok) return start;
  const { version, after } = start.value;
  const ordered = store.listAt(type, version);
  if (!ordered) return { ok: false, status: tooOld(after) };
  const page = pageOf(ordered, { type, selection, limit, after });
  const meta: ListMeta = {
    resourceVersion: String(version),
    ...(page.last !== undefined && {
      continue: encodeContinueToken({ version, after: page.last }),
      ...(selection.all && { remainingItemCount: page.remaining }),
    }),
  };
  return { ok: true, value: { meta, objects: page.objects } };
}

/** Which version the list shows, and the key it starts after. */
interface Start {
  readonly version: number;
  readonly after: string | undefined;
}

function startOf(query: URLSearchParams, latest: number, present: number): Checked<Start> {
  const token = query.get('continue') ?? '';
  const versionText = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (token !== '') return continued(token, versionText, present);
  const version = parseVersion(versionText);
  if (version === undefined) {
    return {
      ok: false,
      status: badRequest(`resourceVersion: Invalid value: ${JSON.stringify(versionText)}`),
    };
  }
  const refusal = matchRefusal(match, versionText);
  if (refusal !== undefined) return { ok: false, status: invalidOptions('resourceVersionMatch', refusal) };
  if (version > present) return { ok: false, status: tooLarge(version, present) };
  // A page by page list at a version has always meant that very version.
  const exact = match === 'Exact' || (match === '' && version > 0 && Number(query.get('limit') ?? 0) > 0);
  return { ok: true, value: { version: exact ? version : Math.max(latest, version), after: undefined } };
}

function continued(text: string, versionText: string, present: number): Checked<Start> {
  if (versionText !== '' && versionText !== '0') {
    const message = 'specifying resource version is not allowed when using continue';
    return { ok: false, status: badRequest(message) };
  }
  const token = parseContinueToken(text);
  if (!token)
    return { ok: false, status: badRequest('continue key is not valid: illegal base64 data or fields') };
  return { ok: true, value: { version: token.version ?? present, after: token.after } };
}

/** A resource version of a request: 0 where it names none; undefined where it is no version. */
export function parseVersion(text: string): number | undefined {
  if (text === '') return 0;
  const version = Number(text);
  return /^[0-9]+$/.test(text) && Number.isSafeInteger(version) ? version : undefined;
}

function matchRefusal(match: string, versionText: string): string | undefined {
  if (match === '') return undefined;
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    return `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`;
  }
  if (versionText === '')
    return 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
  if (match === 'Exact' && versionText === '0') {
    return 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
  }
  return undefined;
}

/** 422 about a parameter of a list or a watch. */
export function invalidOptions(field: string, message: string): Status {
  return failure({
    code: 422,
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: ${field}: ${message}`,
    details: {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueForbidden', message, field }],
    },
  });
}

function tooLarge(version: number, present: number): Status {
  return failure({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${version}, current: ${present}`,
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  });
}

/** A list that was interrupted for too long gets a token with which it can go on at the latest version. */
function tooOld(after: string | undefined): Status {
  if (after === undefined) return expired('The resourceVersion for the provided list is too old.');
  const status = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  return { ...status, metadata: { continue: encodeContinueToken({ version: undefined, after }) } };
}

interface Page {
  readonly objects: readonly KubeObject[];
  /** The key of the last object looked at, where others follow. */
  readonly last: string | undefined;
  readonly remaining: number;
}

function pageOf(
  { keys, objects }: Ordered,
  options: {
    readonly type: ResourceType;
    readonly selection: Selection;
    readonly limit: number;
    readonly after: string | undefined;
  },
): Page {
  const { type, selection, after } = options;
  const limit = options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit;
  const { start, end } = rangeOf(keys, type, selection);
  let index = after === undefined ? start : Math.max(start, lowerBound(keys, `${after}\0`));
  if (selection.all) {
    const stop = Math.min(end, index + limit);
    return {
      objects: objects.slice(index, stop),
      last: stop < end ? keys[stop - 1] : undefined,
      remaining: end - stop,
    };
  }
  const selected: KubeObject[] = [];
  for (; index < end && selected.length < limit; index += 1) {
    const object = objects[index];
    if (object && selection.matches(object)) selected.push(object);
  }
  return { objects: selected, last: index < end ? keys[index - 1] : undefined, remaining: end - index };
}

/** Where the objects lie that can be selected. */
function rangeOf(
  keys: readonly string[],
  type: ResourceType,
  { namespace, name }: Selection,
): { readonly start: number; readonly end: number } {
  if (name === undefined || (type.namespaced && namespace === undefined))
    return namespaceRange(keys, namespace);
  const key = objectKey(namespace, name);
  const start = lowerBound(keys, key);
  return { start, end: keys[start] === key ? start + 1 : start };
}
