import {
  Direction,
  Measure,
  ReportRequest,
  type Report,
  type Series,
} from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { toIpAddress } from '../../src/wire/address.js';

/** The bounds that proxies have: linkerd2-proxy's. */
export const boundsMs: readonly number[] = [1, 10, 100, 1_000, 10_000].flatMap((unit) =>
  [1, 2, 3, 4, 5].map((times) => times * unit),
);

/** How many series change from one report to the next: so many counts, and as many histograms. */
export const changing = 10;

export interface ReportShape {
  /** About how many requests each series tells of by the first report. */
  readonly requests: number;
  /** How many other ends it tells of, with a count and a histogram each. Default `changing`. */
  readonly others?: number;
}

/** The reports of a proxy, one after the other: the first declares everything, in each the numbers have grown. */
export function reports(count: number, { requests, others = changing }: ReportShape): readonly Report[] {
  return Array.from({ length: count }, (_each, step) => {
    const isFirst = step === 0;
    const ids = Array.from({ length: others }, (_id, index) => index + 1);
    return {
      sequence: BigInt(step + 1),
      complete: isFirst,
      series: isFirst ? ids.flatMap((id) => [counts(id), latencies(id, others)]) : [],
      valueSeries: ids,
      values: ids.map((id) => BigInt(requests + step * 30 + id)),
      latencies: ids.map((id) => ({
        series: others + id,
        // Most of what comes falls into a few buckets.
        counts: Array.from({ length: boundsMs.length + 1 }, (_bucket, bucket) =>
          bucket < 4 || bucket > 14 ? 0n : BigInt(Math.ceil(requests / 11) + step * (bucket % 3) + id),
        ),
        sumMs: (requests + step * 30) * 17.5,
      })),
      ended: [],
    };
  });
}

export function encodeReport(report: Report): Buffer {
  return Buffer.from(ReportRequest.encode({ message: { $case: 'report', value: report } }).finish());
}

export function encodeIntroduction(pod: string, epochMs: number): Buffer {
  const value = {
    namespace: 'shop',
    pod,
    epoch: BigInt(epochMs),
    latencyBoundsMs: [...boundsMs],
  };
  return Buffer.from(ReportRequest.encode({ message: { $case: 'introduction', value } }).finish());
}

function counts(id: number): Series {
  return series(id, id, Measure.RESPONSES);
}

function latencies(id: number, others: number): Series {
  return series(others + id, id, Measure.RESPONSE_LATENCY);
}

function series(id: number, peer: number, measure: Series['measure']): Series {
  return {
    id,
    direction: Direction.OUTBOUND,
    measure,
    authority: 'api.shop.svc.cluster.local:80',
    peer: toIpAddress(`10.0.1.${peer}`),
    port: 8_080,
    tls: 2,
    outcome: { httpStatus: 200, grpcStatus: undefined, isFailure: false },
    route: '',
    epoch: 0n,
  };
}

/** What a proxy has of each other end: most are counts, and latencies by status. */
const measuresOfOne: readonly { readonly measure: Series['measure']; readonly status: number }[] = [
  { measure: Measure.REQUESTS, status: 0 },
  { measure: Measure.RESPONSES, status: 200 },
  { measure: Measure.RESPONSES, status: 500 },
  { measure: Measure.TCP_OPENS, status: 0 },
  { measure: Measure.TCP_CLOSES, status: 0 },
  { measure: Measure.TCP_READ_BYTES, status: 0 },
  { measure: Measure.TCP_WRITTEN_BYTES, status: 0 },
  { measure: Measure.TCP_OPEN_CONNECTIONS, status: 0 },
  { measure: Measure.RESPONSE_LATENCY, status: 200 },
  { measure: Measure.RESPONSE_LATENCY, status: 500 },
];

/** A first report about so many other ends, with ten series each. */
export function wholeReport(others: number): Report {
  const all = Array.from({ length: others }, (_each, other) =>
    measuresOfOne.map(({ measure, status }, index) => ({
      ...series(1 + other * measuresOfOne.length + index, other, measure),
      outcome: { httpStatus: status, grpcStatus: undefined, isFailure: status === 500 },
    })),
  ).flat();
  const isLatency = ({ measure }: Series): boolean => measure === Measure.RESPONSE_LATENCY;
  const counted = all.filter((each) => !isLatency(each));
  return {
    sequence: 1n,
    complete: true,
    series: all,
    valueSeries: counted.map(({ id }) => id),
    values: counted.map(({ id }) => BigInt(1_000 + id)),
    latencies: all.filter(isLatency).map(({ id }) => ({
      series: id,
      counts: Array.from({ length: boundsMs.length + 1 }, (_bucket, bucket) =>
        BigInt(bucket > 14 ? 0 : 50 + bucket),
      ),
      sumMs: 17_000,
    })),
    ended: [],
  };
}
