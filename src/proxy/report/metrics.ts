import { Counter, Gauge, type Registry } from 'prom-client';
import type { ReportBook } from './report-book.js';

/** What operators can see of the reports, and the counter that the reporter keeps. */
export function createReportMetrics(registry: Registry, book: ReportBook): Counter<'result'> {
  const registers = [registry];
  new Gauge({
    name: 'conduit_report_series',
    help: 'Series that are reported to the control plane.',
    registers,
    collect() {
      this.set(book.size);
    },
  });
  new Counter({
    name: 'conduit_report_folded_total',
    help: 'Requests and connections that are reported without their details, as there was no room for another series.',
    registers,
    collect() {
      this.reset();
      this.inc(book.folded);
    },
  });
  return new Counter({
    name: 'conduit_reports_total',
    help: 'Reports to the control plane, by result: applied, refused (everything is to be sent again) or unanswered.',
    labelNames: ['result'],
    registers,
  });
}
