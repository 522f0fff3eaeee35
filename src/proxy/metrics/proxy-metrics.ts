import type { Registry } from 'prom-client';
import { CounterView, GaugeView, HistogramView } from './exposition.js';
import { type LabelSet, LabelSets, noTls, targetLabels } from './labels.js';
import type { ConnectionOpened, Direction, Observer, RequestEnd, Target } from './observer.js';
import { type Count, createDistribution, type Distribution, Family, observe } from './series.js';

export interface ProxyMetricsOptions {
  readonly registry: Registry;
  /** Milliseconds of any clock that only goes forward. */
  readonly nowMs: () => number;
}

export interface ProxyMetrics {
  readonly observer: Observer;
  /** Drops series that nothing has changed for a while; to be called now and then. */
  readonly sweep: () => void;
}

/** linkerd2-proxy's. */
export const latencyBoundsMs: readonly number[] = [
  1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 10_000,
  20_000, 30_000, 40_000, 50_000,
];

/** How long a series outlives the last change. */
const idleMs = 600_000;

interface OpenConnection {
  readonly labels: LabelSet;
  readonly bytes: ConnectionOpened['bytes'];
  read: number;
  written: number;
}

/** The metrics of traffic, under linkerd2-proxy's names, so that what is made for that proxy reads this one too. */
export function createProxyMetrics({ registry, nowMs }: ProxyMetricsOptions): ProxyMetrics {
  const labelSets = new LabelSets();
  const noLabels: LabelSet = { id: 0, values: {} };
  const ofTarget: Record<Direction, WeakMap<Target, LabelSet>> = {
    inbound: new WeakMap(),
    outbound: new WeakMap(),
  };
  const labelsFor = (direction: Direction, target: Target): LabelSet => {
    let labels = ofTarget[direction].get(target);
    if (labels === undefined) {
      labels = labelSets.intern(targetLabels(direction, target));
      ofTarget[direction].set(target, labels);
    }
    return labels;
  };

  const counter = (isLive: (count: Count) => boolean = () => false): Family<Count> =>
    new Family<Count>({ create: () => ({ value: 0 }), nowMs, isLive });
  const requests = counter();
  const responses = counter();
  const latencies = new Family<Distribution>({ create: () => createDistribution(latencyBoundsMs), nowMs });
  const refusals = {
    inbound: { http: counter(), tcp: counter() },
    outbound: { http: counter(), tcp: counter() },
  } as const;
  const opened = counter();
  const closed = counter();
  const open = counter(({ value }) => value > 0);
  const read = counter();
  const written = counter();

  const connections = new Set<OpenConnection>();
  const bringUpToDate = (connection: OpenConnection): void => {
    const now = connection.bytes();
    read.at(connection.labels).value += now.read - connection.read;
    written.at(connection.labels).value += now.written - connection.written;
    connection.read = now.read;
    connection.written = now.written;
  };
  const updateBytes = (): void => connections.forEach(bringUpToDate);

  const show = (name: string, help: string, family: Family<Count>, update?: () => void): void => {
    new CounterView({ name, help, family, registry }, update);
  };
  show('request_total', 'Requests sent to a target; a retry counts again.', requests);
  show('response_total', 'Responses that came to an end, and requests that never got one.', responses);
  new HistogramView(
    {
      name: 'response_latency_ms',
      help: 'From the request to the end of its response.',
      family: latencies,
      registry,
    },
    latencyBoundsMs,
  );
  for (const direction of ['inbound', 'outbound'] as const) {
    const { http, tcp } = refusals[direction];
    show(`${direction}_http_errors_total`, 'Requests that the proxy answered itself, by reason.', http);
    show(`${direction}_tcp_errors_total`, 'Connections of bytes that the proxy refused, by reason.', tcp);
  }
  show('tcp_open_total', 'Connections accepted from clients (src) and made to targets (dst).', opened);
  show('tcp_close_total', 'Connections that ended.', closed);
  new GaugeView({ name: 'tcp_open_connections', help: 'Connections that are open.', family: open, registry });
  show('tcp_read_bytes_total', 'Bytes read from the peer.', read, updateBytes);
  show('tcp_write_bytes_total', 'Bytes written to the peer.', written, updateBytes);

  const observer: Observer = {
    request({ direction, target }) {
      const labels = labelsFor(direction, target);
      requests.at(labels).value += 1;
      return {
        responded() {},
        ended(end) {
          if (end.classification === undefined) return;
          responses.at(labels, responseLabels(end)).value += 1;
          if (end.status === undefined) return;
          const latency = latencies.at(labels, { status_code: String(end.status) });
          observe(latency, latencyBoundsMs, end.sinceRequestMs);
        },
      };
    },
    refused({ direction, protocol, reason }) {
      refusals[direction][protocol].at(noLabels, { error: reason }).value += 1;
    },
    connection({ direction, peer, target, bytes }) {
      const about =
        target === undefined ? { direction, ...noTls(direction) } : targetLabels(direction, target);
      const labels = labelSets.intern({ ...about, peer });
      const connection = { labels, bytes, read: 0, written: 0 };
      connections.add(connection);
      opened.at(labels).value += 1;
      open.at(labels).value += 1;
      return {
        closed(errno) {
          connections.delete(connection);
          bringUpToDate(connection);
          closed.at(labels, { errno: errno ?? '' }).value += 1;
          open.at(labels).value -= 1;
        },
      };
    },
  };

  const refusalFamilies = Object.values(refusals).flatMap((it) => Object.values(it));
  const countFamilies = [requests, responses, ...refusalFamilies, opened, closed, open, read, written];
  return {
    observer,
    sweep() {
      updateBytes();
      for (const family of countFamilies) family.sweep(idleMs);
      latencies.sweep(idleMs);
      const used = new Set<number>();
      for (const family of [...countFamilies, latencies]) {
        for (const { base } of family.all()) used.add(base.id);
      }
      for (const { labels } of connections) used.add(labels.id);
      labelSets.retain((id) => used.has(id));
    },
  };
}

function responseLabels({
  status,
  classification = 'failure',
  grpcStatus,
  error,
}: RequestEnd): Readonly<Record<string, string>> {
  return {
    ...(status !== undefined && { status_code: String(status) }),
    classification,
    ...(grpcStatus !== undefined && { grpc_status: String(grpcStatus) }),
    ...(error !== undefined && { error }),
  };
}
