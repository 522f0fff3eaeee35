import { parseAuthority } from '../core/authority.js';
import { ownerLabel, workloadLabels } from '../wire/workload-labels.js';
import type { Measure, Tls } from './report.js';
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

/** How many subjects are looked at for one piece, whether or not there is anything to write of them. */
const pieceSubjects = 1_000;

export interface ExpositionOptions {
  readonly format: ExpositionFormat;
  readonly clusterDomain: string;
}

/**
 * The series that proxies have reported, in the format that Prometheus reads
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), in pieces, which may be empty. One reported series is one
 * exposed series, with the number that the proxy told: a sum of several would look like a counter that is reset when one of
 * them goes.
 *
 * Time may pass between the pieces. Each series is as it is when it is written; those that come meanwhile may be missing.
 */
export function* exposeReports(reporters: Reporters, options: ExpositionOptions): Iterable<string> {
  const { format } = options;
  const { shownSinceMs } = reporters;
  const labels = new SubjectLabels(options.clusterDomain);
  const bounds = new BoundLabels(format);
  let piece = '';
  let looked = 0;
  for (const [measure, family] of Object.entries(families) as [Measure, Family][]) {
    piece += heading(family, format);
    for (const reporter of reporters.shown()) {
      const own = endLabels(reporter.end, '');
      for (const subject of reporter.subjects()) {
        for (const series of subject.series) {
          if (series.measure !== measure || series.changedAtMs < shownSinceMs) continue;
          const all = `${own},${labels.of(subject, measure)}`;
          piece +=
            series.kind === 'count'
              ? countLine(family, all, series)
              : latencyLines(all, series, bounds.of(subject.owner.boundsMs));
        }
        looked += 1;
        if (piece.length < pieceLength && looked < pieceSubjects) continue;
        yield piece;
        piece = '';
        looked = 0;
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
  { counts, base, sum, outcome }: LatencySeries,
  bounds: readonly string[],
): string {
  const all = `${labels},status_code="${outcome.httpStatus}"`;
  const start = `response_latency_ms_bucket{${all}`;
  let lines = '';
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    total += (counts[bucket] ?? 0) - (base?.counts[bucket] ?? 0);
    lines += `${start}${bounds[bucket]}${total}\n`;
  }
  const shownSum = sum - (base?.sum ?? 0);
  return `${lines}response_latency_ms_sum{${all}} ${shownSum}\nresponse_latency_ms_count{${all}} ${total}\n`;
}

/** How the lines of a histogram's buckets go on behind their other labels; nearly all proxies have the same buckets. */
class BoundLabels {
  readonly #format: ExpositionFormat;
  readonly #known = new Map<readonly number[], readonly string[]>();

  constructor(format: ExpositionFormat) {
    this.#format = format;
  }

  of(boundsMs: readonly number[]): readonly string[] {
    const known = this.#known.get(boundsMs);
    if (known !== undefined) return known;
    const made = [...boundsMs.map((bound) => formatBound(bound, this.#format)), '+Inf'].map(
      (bound) => `,le="${bound}"} `,
    );
    this.#known.set(boundsMs, made);
    return made;
  }
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

function endLabels({ workload, directOwner }: End, prefix: string): string {
  const labels = workloadLabels(workload);
  // What created the pod, where users know it by something above that.
  if (directOwner !== undefined && directOwner.kind !== workload.owner.kind) {
    labels.set(ownerLabel(directOwner.kind), directOwner.name);
  }
  return [...labels].map(([name, value]) => label(`${prefix}${name}`, value)).join(',');
}

const tlsLabels: Readonly<Record<Tls, string>> = { mutual: 'true', none: 'no_identity', unknown: '' };

/** Labels of subjects, each of which comes up once for every family. */
class SubjectLabels {
  readonly #clusterDomain: string;
  readonly #known = new Map<Subject, string>();
  readonly #services = new Map<string, ServiceName | undefined>();

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
  }

  of(subject: Subject, measure: Measure): string {
    let labels = this.#known.get(subject);
    if (labels === undefined) {
      labels = this.#render(subject);
      this.#known.set(subject, labels);
    }
    if (!measure.startsWith('tcp-')) return labels;
    return subject.facts.direction === 'inbound' ? `${labels},peer="src"` : `${labels},peer="dst"`;
  }

  #render({ facts, peer }: Subject): string {
    const { direction, authority, peerIp, port, tls, route } = facts;
    const labels = [label('direction', direction)];
    const add = (name: string, value: string): void => {
      if (value !== '') labels.push(label(name, value));
    };
    add('tls', tlsLabels[tls]);
    add('authority', authority);
    add('rt_route', route);
    if (port > 0) add('target_port', String(port));
    if (direction === 'inbound') {
      add('src_ip', peerIp);
      if (peer !== undefined) labels.push(endLabels(peer, 'src_'));
      return labels.join(',');
    }
    add('target_ip', peerIp);
    const service = this.#serviceOf(authority);
    add('dst_service', service?.name ?? '');
    if (peer !== undefined) labels.push(endLabels(peer, 'dst_'));
    else add('dst_namespace', service?.namespace ?? '');
    return labels.join(',');
  }

  #serviceOf(authority: string): ServiceName | undefined {
    if (this.#services.has(authority)) return this.#services.get(authority);
    const parsed = parseAuthority(authority, this.#clusterDomain);
    const service = parsed.ok && parsed.value.kind === 'service' ? parsed.value : undefined;
    this.#services.set(authority, service);
    return service;
  }
}

interface ServiceName {
  readonly namespace: string;
  readonly name: string;
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
