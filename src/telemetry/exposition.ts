import { parseAuthority } from '../core/authority.js';
import { ownerLabel, workloadLabels } from '../wire/workload-labels.js';
import type { Measure, Tls } from './report.js';
import type { Reporter } from './reporter.js';
import type { Reporters } from './reporters.js';
import type { CountSeries, End, LatencySeries, Series, Subject } from './subject.js';

/** Which of the two formats that Prometheus reads. */
export type ExpositionFormat = 'text' | 'openmetrics';

interface Family {
  /** Without the `_total` of counters. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
}

/** The names that linkerd2-proxy gives to its own, so that one query, and one dashboard, serves both. */
const families: Readonly<Record<Measure, Family>> = {
  requests: { name: 'request', type: 'counter', help: 'Requests that began.' },
  responses: {
    name: 'response',
    type: 'counter',
    help: 'Responses that ended, or requests that ended without one.',
  },
  latency: {
    name: 'response_latency_ms',
    type: 'histogram',
    help: 'Time from the start of a request to the end of its response, in milliseconds.',
  },
  'tcp-opens': { name: 'tcp_open', type: 'counter', help: 'Connections that were opened.' },
  'tcp-closes': { name: 'tcp_close', type: 'counter', help: 'Connections that were closed.' },
  'tcp-open-connections': { name: 'tcp_open_connections', type: 'gauge', help: 'Connections that are open.' },
  'tcp-read-bytes': { name: 'tcp_read_bytes', type: 'counter', help: 'Bytes read from the other end.' },
  'tcp-written-bytes': { name: 'tcp_write_bytes', type: 'counter', help: 'Bytes written to the other end.' },
};

/** About how long a piece of the text is. */
const pieceLength = 16_384;

/**
 * The series that proxies have reported, in the format that Prometheus reads
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), in pieces. One reported series is one exposed series, with
 * the number that the proxy told: a sum of several would look like a counter that is reset when one of them goes.
 *
 * Time may pass between the pieces. Each series is as it is when it is written; those that come meanwhile may be missing.
 */
export function* exposeReports(
  reporters: Reporters,
  { format, clusterDomain }: { readonly format: ExpositionFormat; readonly clusterDomain: string },
): Iterable<string> {
  const { shownSinceMs } = reporters;
  let piece = '';
  for (const [measure, family] of Object.entries(families) as [Measure, Family][]) {
    piece += heading(family, format);
    for (const reporter of reporters.shown()) {
      const own = ownLabels(reporter);
      for (const subject of reporter.subjects()) {
        let labels: string | undefined;
        for (const series of subject.series) {
          if (series.measure !== measure || series.changedAtMs < shownSinceMs) continue;
          labels ??= `${own},${subjectLabels(subject, measure, clusterDomain)}`;
          piece +=
            series.kind === 'count'
              ? countLine(family, labels, series)
              : latencyLines(labels, series, format);
        }
        if (piece.length < pieceLength) continue;
        yield piece;
        piece = '';
      }
    }
  }
  yield piece;
}

function heading({ name, type, help }: Family, format: ExpositionFormat): string {
  const shown = type === 'counter' && format === 'text' ? `${name}_total` : name;
  return `# HELP ${shown} ${help}\n# TYPE ${shown} ${type}\n`;
}

function countLine({ name, type }: Family, labels: string, series: CountSeries): string {
  const suffix = type === 'counter' ? '_total' : '';
  return `${name}${suffix}{${labels}${outcomeLabels(series)}} ${series.value - series.base}\n`;
}

function latencyLines(
  labels: string,
  { subject, counts, base, sum, outcome }: LatencySeries,
  format: ExpositionFormat,
): string {
  const all = `${labels},status_code="${outcome.httpStatus}"`;
  let lines = '';
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    total += (counts[bucket] ?? 0) - (base?.counts[bucket] ?? 0);
    const bound = subject.owner.boundsMs[bucket];
    lines += `response_latency_ms_bucket{${all},le="${bound === undefined ? '+Inf' : formatBound(bound, format)}"} ${total}\n`;
  }
  const shownSum = sum - (base?.sum ?? 0);
  return `${lines}response_latency_ms_sum{${all}} ${shownSum}\nresponse_latency_ms_count{${all}} ${total}\n`;
}

/** OpenMetrics has whole numbers there with a decimal point. */
function formatBound(bound: number, format: ExpositionFormat): string {
  return format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function outcomeLabels({ measure, outcome }: Series): string {
  if (measure !== 'responses') return '';
  const { httpStatus, grpcStatus, isFailure } = outcome;
  const grpc = grpcStatus === undefined ? '' : `,grpc_status="${grpcStatus}"`;
  return `,classification="${isFailure ? 'failure' : 'success'}",status_code="${httpStatus}"${grpc}`;
}

function ownLabels({ end }: Reporter): string {
  return endLabels(end, '');
}

function endLabels({ workload, directOwner }: End, prefix: string): string {
  const labels = workloadLabels(workload);
  // What created the pod, where users know it by something above that.
  if (directOwner !== undefined && directOwner.kind !== workload.owner.kind) {
    labels.set(ownerLabel(directOwner.kind), directOwner.name);
  }
  return [...labels].map(([name, value]) => label(`${prefix}${name}`, value)).join(',');
}

const tlsLabels: Readonly<Record<Tls, string>> = { mutual: 'true', none: 'no_identity', unknown: '' };

function subjectLabels({ facts, peer }: Subject, measure: Measure, clusterDomain: string): string {
  const { direction, authority, peerIp, port, tls, route } = facts;
  const labels = [label('direction', direction)];
  const isTcp = measure.startsWith('tcp-');
  const add = (name: string, value: string): void => {
    if (value !== '') labels.push(label(name, value));
  };
  add('tls', tlsLabels[tls]);
  add('authority', authority);
  add('rt_route', route);
  if (isTcp) add('peer', direction === 'inbound' ? 'src' : 'dst');
  if (port > 0) add('target_port', String(port));
  if (direction === 'inbound') {
    add('src_ip', peerIp);
    if (peer !== undefined) labels.push(endLabels(peer, 'src_'));
    return labels.join(',');
  }
  add('target_ip', peerIp);
  const parsed = parseAuthority(authority, clusterDomain);
  const service = parsed.ok && parsed.value.kind === 'service' ? parsed.value : undefined;
  add('dst_service', service?.name ?? '');
  if (peer !== undefined) labels.push(endLabels(peer, 'dst_'));
  else add('dst_namespace', service?.namespace ?? '');
  return labels.join(',');
}

function label(name: string, value: string): string {
  return `${name}="${escaped(value)}"`;
}

/** Backslash, quote and line feed, as the format has them. */
function escaped(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
}
