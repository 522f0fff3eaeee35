import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type EndpointSet, endpointsOf } from '../core/endpoint-set.js';
import type { UpdateEncoder } from '../wire/update.js';
import type { Audience, Audiences, Subject } from './audience.js';

export interface DestinationMetricsSource {
  readonly audiences: readonly Audiences[];
  /** The sets that clients are told of at present, each once for each place that clients are at. */
  readonly endpointSets: () => Iterable<Subject & { readonly set: EndpointSet }>;
  /** Encodings made since the start, by RPC. */
  readonly encodings: () => Readonly<Record<string, number>>;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly nowMs?: () => number;
}

export interface DestinationMetrics {
  /** The encoder, measured: each first encoding of a change tells how long ago the change was made. */
  timed(encoder: UpdateEncoder): UpdateEncoder;
}

/** From a few milliseconds, which is ours, to minutes, which is an API server or an endpoints controller in trouble. */
const lagSecondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

const subjectLabels = ['namespace', 'service', 'port'] as const;
const audienceLabels = ['rpc', ...subjectLabels] as const;

/** Metrics of what is told about services. Their series go with the last stream about a service. */
export function createDestinationMetrics(
  registry: Registry,
  { audiences, endpointSets, encodings, nowMs = Date.now }: DestinationMetricsSource,
): DestinationMetrics {
  const registers = [registry];

  const perAudience = (name: string, help: string, valueOf: (audience: Audience) => number): void => {
    const Metric = name.endsWith('_total') ? Counter : Gauge;
    new Metric({
      name,
      help,
      labelNames: audienceLabels,
      registers,
      collect() {
        this.reset();
        for (const each of audiences) {
          for (const audience of each) {
            const { rpc, namespace, service, port } = audience;
            this.inc({ rpc, namespace, service, port }, valueOf(audience));
          }
        }
      },
    });
  };
  perAudience(
    'conduit_destination_subscribers',
    'Open streams about a service; those about addresses of no service have empty labels, and so has a port that the service does not declare.',
    ({ subscribers }) => subscribers,
  );
  perAudience(
    'conduit_destination_updates_total',
    'States and changes of state sent, each to one stream.',
    ({ updates }) => updates,
  );
  perAudience(
    'conduit_destination_conflations_total',
    'States that a stream was never told, because it was still taking an earlier one when the next came.',
    ({ conflations }) => conflations,
  );

  const perService = (
    name: string,
    help: string,
    valueOf: (sets: ReadonlySet<EndpointSet>) => number,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: subjectLabels,
      registers,
      collect() {
        this.reset();
        for (const { labels, sets } of groupBySubject(endpointSets())) this.set(labels, valueOf(sets));
      },
    });
  };
  perService(
    'conduit_destination_snapshots',
    'Different sets of endpoints that the clients of a service are told: one for all, unless their zone or node decides.',
    (sets) => sets.size,
  );
  perService(
    'conduit_destination_endpoints',
    'Endpoints in the largest set that any client of the service is told.',
    (sets) => Math.max(...[...sets].map(sizeOf)),
  );
  perService(
    'conduit_destination_endpoints_min',
    'Endpoints in the smallest set that any client of the service is told: 0 where some client can reach nobody.',
    (sets) => Math.min(...[...sets].map(sizeOf)),
  );

  new Counter({
    name: 'conduit_destination_encodings_total',
    help: 'States and changes of state encoded, each sent to any number of streams.',
    labelNames: ['rpc'],
    registers,
    collect() {
      this.reset();
      for (const [rpc, count] of Object.entries(encodings())) this.inc({ rpc }, count);
    },
  });
  const lag = new Histogram({
    name: 'conduit_destination_lag_seconds',
    help: "From a change in the cluster, by the time that its EndpointSlice or Endpoints carries (last-change-trigger-time, on the API server's side's clock), to its first byte on the way to a proxy.",
    buckets: lagSecondsBuckets,
    registers,
  });
  return { timed: (encoder) => timed(encoder, lag, nowMs) };
}

function timed(encoder: UpdateEncoder, lag: Histogram, nowMs: () => number): UpdateEncoder {
  // A client that lags behind takes the same change in another encoding, which says nothing about the change.
  const seen = new WeakSet<EndpointSet>();
  return {
    snapshot: (set) => encoder.snapshot(set),
    delta(told, latest) {
      const messages = encoder.delta(told, latest);
      const { triggeredAtMs } = latest;
      if (messages.length > 0 && triggeredAtMs !== undefined && !seen.has(latest)) {
        seen.add(latest);
        if (told.triggeredAtMs === undefined || triggeredAtMs > told.triggeredAtMs) {
          lag.observe(Math.max(0, nowMs() - triggeredAtMs) / 1_000);
        }
      }
      return messages;
    },
  };
}

interface SubjectSets {
  readonly labels: Record<(typeof subjectLabels)[number], string>;
  readonly sets: Set<EndpointSet>;
}

function groupBySubject(entries: Iterable<Subject & { readonly set: EndpointSet }>): Iterable<SubjectSets> {
  const groups = new Map<string, SubjectSets>();
  for (const { namespace, service, port, set } of entries) {
    const id = `${namespace}/${service}:${port}`;
    const group = groups.get(id);
    if (group === undefined) {
      groups.set(id, { labels: { namespace, service, port }, sets: new Set([set]) });
    } else {
      group.sets.add(set);
    }
  }
  return groups.values();
}

// A set is counted once, not at every scrape.
const sizes = new WeakMap<EndpointSet, number>();

function sizeOf(set: EndpointSet): number {
  let size = sizes.get(set);
  if (size === undefined) {
    size = endpointsOf(set).size;
    sizes.set(set, size);
  }
  return size;
}
