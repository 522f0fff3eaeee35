import { Counter, Gauge, type Registry } from 'prom-client';
import type { Engine } from '../engine/engine.js';
import type { ViewStats } from '../engine/view.js';
import type { Mesh } from '../mesh/mesh.js';

export interface MeshMetricsOptions {
  readonly registry: Registry;
  readonly engine: Engine;
  readonly mesh: Mesh;
}

/** Metrics of views, read from their state at each scrape. */
export function registerMeshMetrics({ registry, engine, mesh }: MeshMetricsOptions): void {
  const registers = [registry];

  const perView = (name: string, help: string, read: (stats: ViewStats) => number): void => {
    const collect = function (this: Gauge | Counter): void {
      this.reset();
      for (const view of mesh.views) this.inc({ view: view.name }, read(view.stats()));
    };
    const Metric = name.endsWith('_total') ? Counter : Gauge;
    new Metric({ name, help, labelNames: ['view'], registers, collect });
  };
  perView(
    'conduit_view_keys',
    'Keys that a view holds: read by somebody, or kept for a grace period.',
    (s) => s.keys,
  );
  perView('conduit_view_subscribers', 'Streams that follow a key of the view.', (s) => s.subscribers);
  perView('conduit_view_computations_total', "Runs of a view's derivation.", (s) => s.computations);
  perView(
    'conduit_view_publications_total',
    'Values that differed from the one before and were told.',
    (s) => s.publications,
  );

  new Gauge({
    name: 'conduit_view_idle_keys',
    help: 'Keys of all views that nobody reads and that are kept for their grace period.',
    registers,
    collect() {
      this.set(engine.idleKeys);
    },
  });
}
