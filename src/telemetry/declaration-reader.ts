import {
  Direction as WireDirection,
  Measure as WireMeasure,
  Series,
  Tls as WireTls,
} from '../gen/conduit/telemetry/v1/telemetry.js';
import { decodeIp } from '../wire/socket-address.js';
import {
  type Declaration,
  type Direction,
  type Measure,
  noOutcome,
  type Outcome,
  type Tls,
} from './report.js';

/** What of a series can't be: which field, its value, and what was expected. */
export class SeriesProblem extends Error {}

/** A DNS name of the greatest length, with a port. */
const maxAuthorityLength = 270;
const maxRouteLength = 260;

/** Reads a declaration. Series are declared once in a call, so it may take its time. */
export function readDeclaration(bytes: Uint8Array): Declaration {
  let series: Series;
  try {
    series = Series.decode(bytes);
  } catch (error) {
    throw new SeriesProblem(
      `no message of that kind: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
  const { id, authority, port, route, epoch } = series;
  if (authority.length > maxAuthorityLength) {
    wrong('authority', `${authority.length} characters`, `at most ${maxAuthorityLength}`);
  }
  if (route.length > maxRouteLength)
    wrong('route', `${route.length} characters`, `at most ${maxRouteLength}`);
  if (port > 65_535) wrong('port', String(port), 'at most 65535');
  if (epoch > BigInt(Number.MAX_SAFE_INTEGER)) wrong('epoch', String(epoch), 'milliseconds since 1970');
  const measure = toMeasure(series.measure);
  return {
    id,
    facts: {
      direction: toDirection(series.direction),
      authority,
      peerIp: decodeIp(series.peer) ?? '',
      port,
      tls: toTls(series.tls),
      route,
    },
    measure,
    outcome: outcomeOf(measure, series),
    epochMs: Number(epoch),
  };
}

function toDirection(direction: WireDirection): Direction {
  switch (direction) {
    case WireDirection.INBOUND:
      return 'inbound';
    case WireDirection.OUTBOUND:
      return 'outbound';
    case WireDirection.UNSPECIFIED:
    case WireDirection.UNRECOGNIZED:
      return wrong('direction', String(direction), 'inbound (1) or outbound (2)');
  }
}

const measures: ReadonlyMap<WireMeasure, Measure> = new Map([
  [WireMeasure.REQUESTS, 'requests'],
  [WireMeasure.RESPONSES, 'responses'],
  [WireMeasure.RESPONSE_LATENCY, 'latency'],
  [WireMeasure.TCP_OPENS, 'tcp-opens'],
  [WireMeasure.TCP_CLOSES, 'tcp-closes'],
  [WireMeasure.TCP_READ_BYTES, 'tcp-read-bytes'],
  [WireMeasure.TCP_WRITTEN_BYTES, 'tcp-written-bytes'],
  [WireMeasure.TCP_OPEN_CONNECTIONS, 'tcp-open-connections'],
]);

function toMeasure(measure: WireMeasure): Measure {
  return measures.get(measure) ?? wrong('measure', String(measure), 'a measure from 1 to 8');
}

function toTls(tls: WireTls): Tls {
  switch (tls) {
    case WireTls.NONE:
      return 'none';
    case WireTls.MUTUAL:
      return 'mutual';
    case WireTls.UNSPECIFIED:
    case WireTls.UNRECOGNIZED:
      return 'unknown';
  }
}

/** Latencies have no more of it than the status. */
function outcomeOf(measure: Measure, series: Series): Outcome {
  if (measure === 'responses') return toOutcome(series);
  return measure === 'latency' ? { ...noOutcome, httpStatus: toOutcome(series).httpStatus } : noOutcome;
}

function toOutcome({ outcome }: Series): Outcome {
  if (outcome === undefined) return noOutcome;
  const { httpStatus, grpcStatus, isFailure } = outcome;
  if (httpStatus > 999) wrong('outcome.http_status', String(httpStatus), 'at most 999');
  // gRPC has the codes from 0 to 16; whatever else an application sends means UNKNOWN.
  return { httpStatus, grpcStatus: grpcStatus !== undefined && grpcStatus > 16 ? 2 : grpcStatus, isFailure };
}

function wrong(field: string, value: string, expected: string): never {
  throw new SeriesProblem(`${field}: ${value}; expected ${expected}`);
}
