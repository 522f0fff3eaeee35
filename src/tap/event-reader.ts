import type { Duration } from '../gen/google/protobuf/duration.js';
import { Direction, type Event, type Header, type Peer } from '../gen/conduit/tap/v1/tap.js';
import {
  type HttpMethod,
  HttpMethod_Registered,
  type Scheme,
  Scheme_Registered,
} from '../gen/io/linkerd/proxy/http_types/http_types.js';
import type { TcpAddress } from '../gen/io/linkerd/proxy/net/net.js';
import {
  type TapEvent,
  type TapEvent_EndpointMeta,
  type TapEvent_Http,
  type TapEvent_Http_ResponseEnd,
  type TapEvent_Http_StreamId,
  TapEvent_ProxyDirection,
} from '../gen/io/linkerd/proxy/tap/tap.js';
import { decodeDurationMs } from '../wire/duration.js';
import { decodeIp } from '../wire/socket-address.js';
import { toHeaders, withoutQuery } from './redaction.js';
import { type EventKind, TappedEvent } from './tapped-event.js';

/** The labels of whoever has an address; none for an address that nothing is known of. */
export type LabelsOf = (ip: string) => ReadonlyMap<string, string>;

export interface EventReaderOptions {
  /** Whose proxy tells: `namespace/name`. */
  readonly pod: string;
  readonly labelsOf: LabelsOf;
  /** Its own labels: applications reach their proxy by addresses that say nothing. */
  readonly ownLabels: () => ReadonlyMap<string, string>;
  /** Names, in lower case, of headers whose values are withheld. */
  readonly redacted: ReadonlySet<string>;
  /** A number for each request, no other's in the process. */
  readonly nextRequest: () => number;
}

/** How many requests under way are remembered of one proxy; beyond them the eldest is given up. */
const maxUnderWay = 10_000;

/** A label that some proxy thought of is no longer than what Kubernetes allows for one, with room to spare. */
const maxLabels = 64;
const maxLabelLength = 512;

/** What the events of one request have in common. */
interface Exchange {
  readonly request: number;
  readonly base: Omit<Event, 'event'>;
}

/**
 * Makes of what one proxy tells what viewers are told: requests get numbers of their own, addresses their labels, and
 * credentials are withheld. It remembers the requests under way, to end those whose end can't be seen any more.
 */
export class EventReader {
  readonly #options: EventReaderOptions;
  readonly #underWay = new Map<string, Exchange>();

  constructor(options: EventReaderOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** None for what says nothing, or belongs to a request whose beginning wasn't told. */
  read(event: TapEvent): readonly TappedEvent[] {
    const http = event.event?.value.event;
    if (http?.value.id === undefined) return [];
    const key = keyOf(http.value.id);
    if (http.$case === 'requestInit') return this.#begin(key, event, http);
    const exchange = this.#underWay.get(key);
    if (exchange === undefined) return [];
    if (http.$case === 'responseInit') return [responseInit(exchange, http.value, this.#options.redacted)];
    this.#underWay.delete(key);
    return [requestEnd(exchange, http.value, this.#options.redacted)];
  }

  /** Ends all requests under way: nothing more will be heard of them. */
  lose(): readonly TappedEvent[] {
    const lost = [...this.#underWay.values()].map(lostEnd);
    this.#underWay.clear();
    return lost;
  }

  /** What `lose` would say, for one who looks on no longer while others do. */
  wouldLose(): readonly TappedEvent[] {
    return [...this.#underWay.values()].map(lostEnd);
  }

  #begin(
    key: string,
    event: TapEvent,
    { value }: Extract<NonNullable<TapEvent_Http['event']>, { readonly $case: 'requestInit' }>,
  ): readonly TappedEvent[] {
    const { pod, labelsOf, ownLabels, redacted, nextRequest } = this.#options;
    const lost: TappedEvent[] = [];
    const before = this.#underWay.get(key) ?? this.#eldestIfFull();
    if (before !== undefined) lost.push(lostEnd(before));
    this.#underWay.delete(key);
    const request = nextRequest();
    const direction = toDirection(event.proxyDirection);
    const orOwn: LabelsOf = (ip) => {
      const labels = labelsOf(ip);
      return labels.size === 0 ? ownLabels() : labels;
    };
    const base = {
      request: BigInt(request),
      pod,
      direction,
      source: toPeer(event.source, event.sourceMeta, direction === Direction.OUTBOUND ? orOwn : labelsOf),
      destination: toPeer(
        event.destination,
        event.destinationMeta,
        direction === Direction.INBOUND ? orOwn : labelsOf,
      ),
      routeLabels: bounded(event.routeMeta?.labels),
    };
    const exchange = { request, base };
    this.#underWay.set(key, exchange);
    const headers = toHeaders(value.headers, redacted);
    const init = {
      method: toMethod(value.method),
      scheme: toScheme(value.scheme),
      authority: value.authority,
      path: withoutQuery(value.path),
      headers,
    };
    return [...lost, make(exchange, 'request-init', { $case: 'requestInit', value: init }, { headers })];
  }

  #eldestIfFull(): Exchange | undefined {
    if (this.#underWay.size < maxUnderWay) return undefined;
    for (const [key, exchange] of this.#underWay) {
      this.#underWay.delete(key);
      return exchange;
    }
    return undefined;
  }
}

function keyOf({ base, stream }: TapEvent_Http_StreamId): string {
  return `${base}/${stream}`;
}

interface MoreFacts {
  readonly headers: readonly Header[];
  readonly status?: number;
  readonly sinceRequestMs?: number;
}

function make(
  { request, base }: Exchange,
  kind: EventKind,
  event: NonNullable<Event['event']>,
  { headers, status = 0, sinceRequestMs = 0 }: MoreFacts,
): TappedEvent {
  const headerNames = headers.map(({ name }) => name);
  const isOutbound = base.direction === Direction.OUTBOUND;
  const facts = { kind, request, isOutbound, status, sinceRequestMs, headerNames };
  return new TappedEvent(facts, { ...base, event });
}

function responseInit(
  exchange: Exchange,
  message: Extract<NonNullable<TapEvent_Http['event']>, { readonly $case: 'responseInit' }>['value'],
  redacted: ReadonlySet<string>,
): TappedEvent {
  const { httpStatus: status, sinceRequestInit } = message;
  const headers = toHeaders(message.headers, redacted);
  const value = { sinceRequestInit, status, headers };
  const sinceRequestMs = toMs(sinceRequestInit);
  return make(
    exchange,
    'response-init',
    { $case: 'responseInit', value },
    { headers, status, sinceRequestMs },
  );
}

function requestEnd(
  exchange: Exchange,
  message: TapEvent_Http_ResponseEnd,
  redacted: ReadonlySet<string>,
): TappedEvent {
  const { sinceRequestInit, sinceResponseInit, responseBytes } = message;
  const headers = toHeaders(message.trailers, redacted);
  const value = {
    sinceRequestInit,
    sinceResponseInit,
    responseBytes,
    end: toEnd(message),
    trailers: headers,
  };
  const sinceRequestMs = toMs(sinceRequestInit);
  return make(exchange, 'request-end', { $case: 'requestEnd', value }, { headers, sinceRequestMs });
}

function lostEnd(exchange: Exchange): TappedEvent {
  const value = {
    sinceRequestInit: undefined,
    sinceResponseInit: undefined,
    responseBytes: 0n,
    end: { $case: 'lost', value: true } as const,
    trailers: [],
  };
  return make(exchange, 'lost', { $case: 'requestEnd', value }, { headers: [] });
}

function toEnd({ eos }: TapEvent_Http_ResponseEnd) {
  switch (eos?.end?.$case) {
    case 'grpcStatusCode':
      return { $case: 'grpcStatus', value: eos.end.value } as const;
    case 'resetErrorCode':
      return { $case: 'resetError', value: eos.end.value } as const;
    case undefined:
      return undefined;
  }
}

function toMs(duration: Duration | undefined): number {
  return duration === undefined ? 0 : decodeDurationMs(duration);
}

function toDirection(direction: TapEvent_ProxyDirection): Direction {
  switch (direction) {
    case TapEvent_ProxyDirection.INBOUND:
      return Direction.INBOUND;
    case TapEvent_ProxyDirection.OUTBOUND:
      return Direction.OUTBOUND;
    case TapEvent_ProxyDirection.UNKNOWN:
    case TapEvent_ProxyDirection.UNRECOGNIZED:
      return Direction.UNSPECIFIED;
  }
}

/** Where both the proxy and the cluster know a label, the cluster is believed. */
function toPeer(
  address: TcpAddress | undefined,
  meta: TapEvent_EndpointMeta | undefined,
  labelsOf: LabelsOf,
): Peer {
  const ip = decodeIp(address?.ip) ?? '';
  const labels = bounded(meta?.labels);
  if (ip !== '') for (const [name, value] of labelsOf(ip)) labels.set(name, value);
  return { ip, port: address?.port ?? 0, labels };
}

function bounded(labels: ReadonlyMap<string, string> | undefined): Map<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of labels ?? []) {
    if (kept.size === maxLabels) break;
    if (name.length <= maxLabelLength) kept.set(name, value.slice(0, maxLabelLength));
  }
  return kept;
}

const methodNames = namesOf(HttpMethod_Registered);
const schemeNames = namesOf(Scheme_Registered);

function namesOf(numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
}

function toMethod(method: HttpMethod | undefined): string {
  const type = method?.type;
  if (type === undefined) return '';
  return type.$case === 'registered' ? (methodNames.get(type.value) ?? '') : type.value;
}

function toScheme(scheme: Scheme | undefined): string {
  const type = scheme?.type;
  if (type === undefined) return '';
  return type.$case === 'registered' ? (schemeNames.get(type.value)?.toLowerCase() ?? '') : type.value;
}
