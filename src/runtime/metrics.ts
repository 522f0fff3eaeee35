import process from 'node:process';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/**
 * A registry that holds the process's own metrics: `process_*` and `nodejs_*` (among them the event loop's delay as
 * mean, median, p90, p99 and maximum since the last scrape: `nodejs_eventloop_lag_*_seconds`), and
 * `conduit_build_info`, whose labels say what runs.
 */
export function createRegistry({ version }: { readonly version: string }): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'conduit_build_info',
    help: 'Always 1; the labels say which version runs, and on which Node.js.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1);
  return registry;
}
