import { expect, test } from 'vitest';
import { missingKinds, readiness } from '../../src/commands/readiness.js';
import { failureReasons, relistReasons, type WatchStatus } from '../../src/kube/watch-status.js';

function none<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

function watch(fields: Partial<WatchStatus>): WatchStatus {
  return {
    kind: 'Pod',
    synced: true,
    phase: { kind: 'watching' },
    objects: 3,
    lastEventAtMs: undefined,
    staleSinceMs: undefined,
    resourceVersion: '10',
    counters: {
      lists: 1,
      watches: 1,
      events: 0,
      relists: none(relistReasons),
      failures: none(failureReasons),
      malformed: 0,
    },
    ...fields,
  };
}

const absent = watch({ kind: 'Server', objects: 0, phase: { kind: 'absent', untilMs: 9_000 } });
const stale = watch({ staleSinceMs: 1_000, phase: { kind: 'listing' } });
const starting = watch({
  kind: 'EndpointSlice',
  synced: false,
  phase: { kind: 'backing-off', reason: 'not-found', untilMs: 9_000 },
});

test('what isn’t installed, or was read once, holds up nothing', () => {
  expect(readiness([watch({}), absent, stale], false, 5_000)).toEqual({
    ready: true,
    conditions: [
      { name: 'process', ok: true, detail: 'running' },
      { name: 'watch Pod', ok: true, detail: '3 objects' },
      { name: 'watch Server', ok: true, detail: 'not installed' },
      { name: 'watch Pod', ok: false, detail: '3 objects, stale for 4 s; listing' },
    ],
  });
  expect(missingKinds([watch({}), absent, stale])).toBe(undefined);
});

test('what was never read does, and so does a stop', () => {
  expect(readiness([starting], false, 5_000)).toEqual({
    ready: false,
    conditions: [
      { name: 'process', ok: true, detail: 'running' },
      { name: 'watch EndpointSlice', ok: false, detail: 'not synced; backing off after not-found' },
    ],
  });
  expect(missingKinds([absent, starting])).toBe('still syncing: EndpointSlice');
  expect(readiness([watch({})], true, 5_000).ready).toBe(false);
});
