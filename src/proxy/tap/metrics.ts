import { Counter, Gauge, type Registry } from 'prom-client';

export interface TapMetrics {
  readonly sent: Counter;
  readonly dropped: Counter;
}

/** `open` is asked at each scrape. */
export function createTapMetrics(registry: Registry, open: () => number): TapMetrics {
  const registers = [registry];
  new Gauge({
    name: 'conduit_tap_open',
    help: 'Taps under way.',
    registers,
    collect() {
      this.set(open());
    },
  });
  return {
    sent: new Counter({
      name: 'conduit_tap_events_sent_total',
      help: 'Events that viewers took.',
      registers,
    }),
    dropped: new Counter({
      name: 'conduit_tap_events_dropped_total',
      help: 'Events that were lost because their viewer was slow, or had left.',
      registers,
    }),
  };
}
