import type { ResourceType } from '../store/resource.js';
import { badRequest } from '../store/status.js';
import type { Checked } from './checked.js';
import type { Encoding } from './encoding.js';
import { invalidOptions, parseVersion } from './list.js';
import type { Selection } from './selection.js';

/** What a watch request asks for. */
export interface WatchPlan {
  readonly type: ResourceType;
  readonly selection: Selection;
  readonly encoding: Encoding;
  readonly start: WatchStart;
  /** Whether BOOKMARK events are sent. */
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

export type WatchStart =
  /** With the present objects, as ADDED. `marked`: a bookmark says where they end. */
  | { readonly kind: 'present'; readonly marked: boolean }
  /** With the changes after a version. */
  | { readonly kind: 'after'; readonly version: number };

/**
 * Reads the parameters of a watch.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function planWatch(options: {
  readonly type: ResourceType;
  readonly selection: Selection;
  readonly encoding: Encoding;
  readonly query: URLSearchParams;
  /** Whether `sendInitialEvents` is understood. */
  readonly watchList: boolean;
}): Checked<WatchPlan> {
  const { type, selection, encoding, query, watchList } = options;
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const start = startOf(query, watchList, bookmarks);
  if (!start.ok) return start;
  const timeoutMs = timeoutOf(query.get('timeoutSeconds'));
  if (timeoutMs === undefined) {
    const text = JSON.stringify(query.get('timeoutSeconds'));
    return { ok: false, status: badRequest(`invalid timeoutSeconds: ${text}`) };
  }
  return { ok: true, value: { type, selection, encoding, start: start.value, bookmarks, timeoutMs } };
}

function startOf(query: URLSearchParams, watchList: boolean, bookmarks: boolean): Checked<WatchStart> {
  const initial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  const versionText = query.get('resourceVersion') ?? '';
  const refuse = (field: string, message: string): Checked<WatchStart> => ({
    ok: false,
    status: invalidOptions(field, `Forbidden: ${message}`),
  });
  if (initial === null && match !== '') {
    return refuse(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  if (initial !== null && !watchList) {
    return refuse(
      'sendInitialEvents',
      'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
  }
  if (initial !== null && match !== 'NotOlderThan') {
    return refuse(
      'resourceVersionMatch',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  const version = parseVersion(versionText);
  if (version === undefined) {
    return {
      ok: false,
      status: badRequest(`resourceVersion: Invalid value: ${JSON.stringify(versionText)}`),
    };
  }
  if (isTrue(initial)) return { ok: true, value: { kind: 'present', marked: bookmarks } };
  if (version > 0) return { ok: true, value: { kind: 'after', version } };
  return { ok: true, value: { kind: 'present', marked: false } };
}

function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1';
}

/** Half an hour at least where the client says nothing, and up to an hour, so that watches don't all end together. */
function timeoutOf(text: string | null): number | undefined {
  if (text === null || text === '' || text === '0') return (1 + Math.random()) * 1_800_000;
  // Longer than a timer can wait is as good as for ever.
  return /^[0-9]+$/.test(text) ? Math.min(Number(text) * 1_000, 2 ** 31 - 1) : undefined;
}
