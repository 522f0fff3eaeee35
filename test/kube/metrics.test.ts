import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { registerWatchMetrics } from '../../src/kube/metrics.js';
import { failureReasons, relistReasons, type WatchStatus } from '../../src/kube/watch-status.js';

function watchStatus(fields: Partial<WatchStatus> = {}): WatchStatus {
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
      watches: 2,
      events: 30,
      relists: { expired: 1, rejected: 0, stale: 0, stuck: 0 },
      failures: {
        ...(Object.fromEntries(
          failureReasons.map((reason) => [reason, 0]),
        ) as WatchStatus['counters']['failures']),
        expired: 1,
      },
      malformed: 4,
    },
    ...fields,
  };
}

/** Series and values, without comments and zeroes. */
async function scrape(registry: Registry): Promise<readonly string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0'));
}

test('a scrape tells what the watches say at that moment', async () => {
  const registry = new Registry();
  let watches: readonly WatchStatus[] = [watchStatus()];
  registerWatchMetrics({ registry, status: () => watches, nowMs: () => 100_000 });
  expect(await scrape(registry)).toEqual([
    'conduit_kube_objects{kind="Pod"} 3',
    'conduit_kube_watch_synced{kind="Pod"} 1',
    'conduit_kube_watch_events_total{kind="Pod"} 30',
    'conduit_kube_lists_total{kind="Pod"} 1',
    'conduit_kube_watches_total{kind="Pod"} 2',
    'conduit_kube_malformed_objects_total{kind="Pod"} 4',
    'conduit_kube_relists_total{kind="Pod",reason="expired"} 1',
    'conduit_kube_watch_failures_total{kind="Pod",reason="expired"} 1',
  ]);

  watches = [
    watchStatus({
      kind: 'Node',
      synced: false,
      objects: 0,
      phase: { kind: 'backing-off', reason: 'connection', untilMs: 112_500 },
      staleSinceMs: 70_000,
    }),
  ];
  const later = await scrape(registry);
  expect(later).toContain('conduit_kube_watch_stale_seconds{kind="Node"} 30');
  expect(later).toContain('conduit_kube_backoff_seconds{kind="Node"} 12.5');
  expect(later.join('\n')).not.toContain('Pod');
});

test('every reason has its series from the start, so that an increase from nothing is one', async () => {
  const registry = new Registry();
  registerWatchMetrics({ registry, status: () => [watchStatus()], nowMs: () => 0 });
  const text = await registry.metrics();
  for (const reason of failureReasons) {
    expect(text).toContain(`conduit_kube_watch_failures_total{kind="Pod",reason="${reason}"}`);
  }
  for (const reason of relistReasons) {
    expect(text).toContain(`conduit_kube_relists_total{kind="Pod",reason="${reason}"}`);
  }
});
