import type { WatchStatus } from '../kube/watch-status.js';
import type { Condition, Readiness } from '../runtime/admin.js';

/**
 * Whether clients should be sent here. Watches that were in sync once and have lost the API server since don't count
 * against it: the last known endpoints are served, here as in every other replica, and each condition says since when.
 */
export function readiness(watches: readonly WatchStatus[], isStopping: boolean, nowMs: number): Readiness {
  const process: Condition = isStopping
    ? { name: 'process', ok: false, detail: 'stopping' }
    : { name: 'process', ok: true, detail: 'running' };
  return {
    ready: !isStopping && watches.every(({ synced }) => synced),
    conditions: [process, ...watches.map((watch) => watchCondition(watch, nowMs))],
  };
}

/** Why calls can't be answered: the kinds of which no whole state has been read; undefined where there is none such. */
export function missingKinds(watches: readonly WatchStatus[]): string | undefined {
  const missing = watches.filter(({ synced }) => !synced).map(({ kind }) => kind);
  return missing.length === 0 ? undefined : `still syncing: ${missing.join(', ')}`;
}

function watchCondition(watch: WatchStatus, nowMs: number): Condition {
  const { kind, synced, objects, phase, staleSinceMs } = watch;
  const doing = phase.kind === 'backing-off' ? `backing off after ${phase.reason}` : phase.kind;
  const staleForS = staleSinceMs === undefined ? 0 : Math.round((nowMs - staleSinceMs) / 1_000);
  const name = `watch ${kind}`;
  if (!synced) return { name, ok: false, detail: `not synced; ${doing}` };
  if (phase.kind === 'absent') return { name, ok: true, detail: 'not installed' };
  if (staleSinceMs === undefined) return { name, ok: true, detail: `${objects} objects` };
  return { name, ok: false, detail: `${objects} objects, stale for ${staleForS} s; ${doing}` };
}
