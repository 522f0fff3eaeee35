import type { Duration } from '../gen/google/protobuf/duration.js';
import { Direction, type Event, type Header, type Peer } from '../gen/conduit/tap/v1/tap.js';
import { decodeDurationMs } from '../wire/duration.js';
import { grpcStatusName } from './grpc-status.js';

/** An event as a plain object: names and units are stable, what isn't known is null. */
export function tapDocument({
  request,
  pod,
  direction,
  source,
  destination,
  routeLabels,
  event,
}: Event): object {
  return {
    ...facts(event),
    request: String(request),
    pod,
    proxy: direction === Direction.INBOUND ? 'in' : direction === Direction.OUTBOUND ? 'out' : null,
    source: peer(source),
    destination: peer(destination),
    route_labels: Object.fromEntries(routeLabels),
  };
}

function facts(event: Event['event']): object {
  switch (event?.$case) {
    case 'requestInit': {
      const { method, scheme, authority, path, headers } = event.value;
      return { event: 'request', method, scheme, authority, path, headers: headers.map(header) };
    }
    case 'responseInit': {
      const { status, sinceRequestInit, headers } = event.value;
      return { event: 'response', status, latency_ms: ms(sinceRequestInit), headers: headers.map(header) };
    }
    case 'requestEnd': {
      const { end, sinceRequestInit, sinceResponseInit, responseBytes, trailers } = event.value;
      return {
        event: 'end',
        since_request_ms: ms(sinceRequestInit),
        since_response_ms: ms(sinceResponseInit),
        response_bytes: Number(responseBytes),
        grpc_status: end?.$case === 'grpcStatus' ? end.value : null,
        grpc_status_name: end?.$case === 'grpcStatus' ? grpcStatusName(end.value) : null,
        reset_error: end?.$case === 'resetError' ? end.value : null,
        lost: end?.$case === 'lost',
        trailers: trailers.map(header),
      };
    }
    case undefined:
      return { event: null };
  }
}

function peer(one: Peer | undefined): object | null {
  return one === undefined ? null : { ip: one.ip, port: one.port, labels: Object.fromEntries(one.labels) };
}

function header({ name, value }: Header): object {
  switch (value?.$case) {
    case 'text':
      return { name, value: value.value };
    case 'binary':
      return { name, base64: value.value.toString('base64') };
    case 'redacted':
    case undefined:
      return { name, value: null };
  }
}

function ms(duration: Duration | undefined): number | null {
  return duration === undefined ? null : decodeDurationMs(duration);
}
