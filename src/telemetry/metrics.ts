import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Reporters } from './reporters.js';

/** What becomes of a report. */
export type ReportOutcome = 'applied' | 'repeated' | 'resend' | 'invalid';

const outcomes: readonly ReportOutcome[] = ['applied', 'repeated', 'resend', 'invalid'];

export interface TelemetryMetrics {
  report(outcome: ReportOutcome, seconds: number): void;
}

export function createTelemetryMetrics(
  registry: Registry,
  { reporters, calls }: { readonly reporters: Reporters; readonly calls: () => number },
): TelemetryMetrics {
  const registers = [registry];
  const counts: Record<ReportOutcome, number> = { applied: 0, repeated: 0, resend: 0, invalid: 0 };
  new Counter({
    name: 'conduit_telemetry_reports_total',
    help: 'Reports of proxies, by what became of them: applied, repeated (it had been applied), resend (it spoke of series that nobody had declared, and everything was asked for), invalid.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const outcome of outcomes) this.inc({ outcome }, counts[outcome]);
    },
  });
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('conduit_telemetry_calls', 'Proxies that are connected to report.', calls);
  gauge(
    'conduit_telemetry_series',
    'Series that proxies have reported and that are remembered.',
    () => reporters.seriesCount,
  );
  gauge(
    'conduit_telemetry_window_bytes',
    'How much memory the frames take that tell how series have grown in the last hour.',
    () => reporters.windows.byteLength,
  );
  new Counter({
    name: 'conduit_telemetry_series_rejected_total',
    help: 'Declarations of series that found no room, the proxy or all proxies together having too many: their numbers are not known.',
    registers,
    collect() {
      this.reset();
      this.inc(reporters.rejected);
    },
  });
  const seconds = new Histogram({
    name: 'conduit_telemetry_report_seconds',
    help: 'How long it took to read and apply a report.',
    buckets: [0.000_01, 0.000_1, 0.001, 0.01, 0.1],
    registers,
  });
  let sampled = 0;
  return {
    report(outcome, took) {
      counts[outcome] += 1;
      // prom-client takes as long for an observation as a small report takes: one in sixteen is timed.
      if ((sampled = (sampled + 1) % 16) === 0) seconds.observe(took);
    },
  };
}
