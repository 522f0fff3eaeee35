import { Counter, Gauge, type Registry } from 'prom-client';
import type { WatchStatus } from './watch-status.js';

/**
 * Exposes what `status` says, read at the time of each scrape: the watches don't know of metrics, and a kind that is
 * no longer watched has no series.
 */
export function registerWatchMetrics(options: {
  readonly registry: Registry;
  readonly status: () => readonly WatchStatus[];
  /** Milliseconds since the epoch, on the clock of the watches. */
  readonly nowMs: () => number;
}): void {
  const { registry, status, nowMs } = options;

  function gauge(name: string, help: string, valueOf: (watch: WatchStatus) => number): void {
    const metric: Gauge<'kind'> = new Gauge({
      name,
      help,
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        metric.reset();
        for (const watch of status()) metric.set({ kind: watch.kind }, valueOf(watch));
      },
    });
  }

  function counter(name: string, help: string, valueOf: (watch: WatchStatus) => number): void {
    const metric: Counter<'kind'> = new Counter({
      name,
      help,
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        metric.reset();
        for (const watch of status()) metric.inc({ kind: watch.kind }, valueOf(watch));
      },
    });
  }

  function counterByReason(
    name: string,
    help: string,
    valuesOf: (watch: WatchStatus) => Readonly<Record<string, number>>,
  ): void {
    const metric: Counter<'kind' | 'reason'> = new Counter({
      name,
      help,
      labelNames: ['kind', 'reason'],
      registers: [registry],
      collect() {
        metric.reset();
        for (const watch of status()) {
          for (const [reason, value] of Object.entries(valuesOf(watch))) {
            metric.inc({ kind: watch.kind, reason }, value);
          }
        }
      },
    });
  }

  gauge('conduit_kube_objects', 'Objects held, by kind.', ({ objects }) => objects);
  gauge('conduit_kube_watch_synced', '1 once a whole state has been read.', ({ synced }) => (synced ? 1 : 0));
  gauge(
    'conduit_kube_watch_stale_seconds',
    'For how long changes may have been missed, because there is no working watch; 0 while there is.',
    ({ staleSinceMs }) => (staleSinceMs === undefined ? 0 : Math.max(0, nowMs() - staleSinceMs) / 1_000),
  );
  gauge(
    'conduit_kube_backoff_seconds',
    'Time left until the next attempt; 0 while none is waited for.',
    ({ phase }) => (phase.kind === 'backing-off' ? Math.max(0, phase.untilMs - nowMs()) / 1_000 : 0),
  );
  counter(
    'conduit_kube_watch_events_total',
    'Objects added, modified or deleted.',
    ({ counters }) => counters.events,
  );
  counter('conduit_kube_lists_total', 'Lists begun.', ({ counters }) => counters.lists);
  counter('conduit_kube_watches_total', 'Watches asked for.', ({ counters }) => counters.watches);
  counter(
    'conduit_kube_malformed_objects_total',
    "Objects, once in each of their versions, that couldn't be understood in whole or in part.",
    ({ counters }) => counters.malformed,
  );
  counterByReason(
    'conduit_kube_relists_total',
    'Lists after the first, and why.',
    ({ counters }) => counters.relists,
  );
  counterByReason(
    'conduit_kube_watch_failures_total',
    'Lists and watches that failed, and why.',
    ({ counters }) => counters.failures,
  );
}
