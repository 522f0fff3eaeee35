import { Counter, Gauge, type Registry } from 'prom-client';
import { Books, type BookTotals, omissions } from './books.js';

export interface TapMetricsSources {
  readonly viewers: () => Iterable<BookTotals>;
  readonly upstreams: () => number;
}

export interface TapMetrics {
  /** Takes the books of a viewer that is gone. */
  closed(books: BookTotals): void;
}

export function createTapMetrics(registry: Registry, { viewers, upstreams }: TapMetricsSources): TapMetrics {
  const registers = [registry];
  const past = new Books();
  new Gauge({
    name: 'conduit_tap_viewers',
    help: 'Taps that are being watched.',
    registers,
    collect() {
      this.set([...viewers()].length);
    },
  });
  new Gauge({
    name: 'conduit_tap_upstreams',
    help: 'Calls to proxies for what is watched; viewers of the same share one.',
    registers,
    collect() {
      this.set(upstreams());
    },
  });
  new Counter({
    name: 'conduit_tap_events_total',
    help: 'Events that were received for viewers, by what became of them: delivered, sampled-out (more than the rate asked for), filtered-out, overflowed (the viewer was slow), orphaned (the beginning was not seen). Events that are still held are in none of them.',
    labelNames: ['outcome'],
    registers,
    collect() {
      const all = new Books();
      all.add(past);
      for (const books of viewers()) all.add(books);
      this.reset();
      this.inc({ outcome: 'delivered' }, all.delivered);
      for (const reason of omissions) this.inc({ outcome: reason }, all.omitted[reason]);
    },
  });
  return { closed: (books) => past.add(books) };
}
