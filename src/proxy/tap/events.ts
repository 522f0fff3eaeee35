import type { Duration } from '../../gen/google/protobuf/duration.js';
import {
  type Headers,
  type HttpMethod,
  HttpMethod_Registered,
  type Scheme,
  Scheme_Registered,
} from '../../gen/io/linkerd/proxy/http_types/http_types.js';
import type { TcpAddress } from '../../gen/io/linkerd/proxy/net/net.js';
import {
  type TapEvent,
  type TapEvent_Http,
  type TapEvent_Http_StreamId,
  TapEvent_ProxyDirection,
} from '../../gen/io/linkerd/proxy/tap/tap.js';
import { type Fields, forEachField } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/message.js';
import type { RequestEnd, RequestStart } from '../metrics/observer.js';
import { wireIp } from '../wire-ip.js';
import { toOctets, toText } from './field-text.js';
import { pathOf } from './match.js';

/** What the events of one request have in common. */
type EventBase = Omit<TapEvent, 'event'>;

export interface RequestEventsOptions {
  readonly id: TapEvent_Http_StreamId;
  /** Header and trailer fields are told too. */
  readonly extractHeaders: boolean;
}

/** The events of one request, as a tap tells of them. */
export class RequestEvents {
  readonly #base: EventBase;
  readonly #request: RequestHead;
  readonly #id: TapEvent_Http_StreamId;
  readonly #extractHeaders: boolean;

  constructor(start: RequestStart, { id, extractHeaders }: RequestEventsOptions) {
    this.#base = eventBase(start);
    this.#request = start.head;
    this.#id = id;
    this.#extractHeaders = extractHeaders;
  }

  requestInit(): TapEvent {
    const { method, scheme, authority, path, fields } = this.#request;
    const value = {
      id: this.#id,
      method: wireMethod(method),
      scheme: wireScheme(scheme),
      authority: toText(authority),
      path: toText(pathOf(path)),
      headers: this.#extract(fields, this.#requestPseudoFields()),
    };
    return this.#event({ event: { $case: 'requestInit', value } });
  }

  responseInit({ status, fields }: ResponseHead, sinceRequestMs: number): TapEvent {
    const pseudoFields = this.#request.version === '2' ? [':status', String(status)] : [];
    const value = {
      id: this.#id,
      sinceRequestInit: wireDuration(sinceRequestMs),
      httpStatus: status,
      headers: this.#extract(fields, pseudoFields),
    };
    return this.#event({ event: { $case: 'responseInit', value } });
  }

  responseEnd(end: RequestEnd): TapEvent {
    const { sinceRequestMs, sinceResponseMs, responseBytes, trailers } = end;
    const value = {
      id: this.#id,
      sinceRequestInit: wireDuration(sinceRequestMs),
      sinceResponseInit: sinceResponseMs === undefined ? undefined : wireDuration(sinceResponseMs),
      responseBytes: BigInt(responseBytes),
      eos: wireEnd(end),
      trailers: this.#extract(trailers, []),
    };
    return this.#event({ event: { $case: 'responseEnd', value } });
  }

  #event(value: TapEvent_Http): TapEvent {
    return { ...this.#base, event: { $case: 'http', value } };
  }

  /** HTTP/2 has these in fields of their own; HTTP/1 in its first line, but for Host. */
  #requestPseudoFields(): Fields {
    const { version, method, scheme, authority, path } = this.#request;
    if (version !== '2') return authority === '' ? [] : ['host', authority];
    const fields = [':method', method, ':scheme', scheme, ':authority', authority, ':path', path];
    return method === 'CONNECT' ? [':method', method, ':authority', authority] : fields;
  }

  #extract(fields: Fields, pseudoFields: Fields): Headers | undefined {
    if (!this.#extractHeaders) return undefined;
    const headers: { name: string; value: Buffer }[] = [];
    const add = (name: string, value: string): void => {
      headers.push({ name: toText(name), value: toOctets(value) });
    };
    forEachField(pseudoFields, add);
    forEachField(fields, add);
    return { headers };
  }
}

function eventBase({ direction, client, target, routeLabels }: RequestStart): EventBase {
  const isInbound = direction === 'inbound';
  return {
    source: wireAddress(client),
    // Nothing here is secured; linkerd2-proxy's words for why.
    sourceMeta: { labels: new Map([['tls', isInbound ? 'no_tls_from_remote' : 'loopback']]) },
    destination: wireAddress(target),
    destinationMeta: {
      labels: new Map([
        ...target.labels,
        ['tls', isInbound ? 'loopback' : 'not_provided_by_service_discovery'],
      ]),
    },
    routeMeta: { labels: new Map(routeLabels) },
    proxyDirection: isInbound ? TapEvent_ProxyDirection.INBOUND : TapEvent_ProxyDirection.OUTBOUND,
  };
}

function wireAddress({ ip, port }: { readonly ip: string; readonly port: number }): TcpAddress {
  return { ip: wireIp(ip), port };
}

const methodNumbers: ReadonlyMap<string, HttpMethod_Registered> = new Map(
  Object.entries(HttpMethod_Registered).filter(([, number]) => number >= 0),
);

function wireMethod(method: string): HttpMethod {
  const value = methodNumbers.get(method);
  if (value === undefined) return { type: { $case: 'unregistered', value: toText(method) } };
  return { type: { $case: 'registered', value } };
}

function wireScheme(scheme: string): Scheme {
  switch (scheme) {
    case 'http':
      return { type: { $case: 'registered', value: Scheme_Registered.HTTP } };
    case 'https':
      return { type: { $case: 'registered', value: Scheme_Registered.HTTPS } };
    default:
      return { type: { $case: 'unregistered', value: toText(scheme) } };
  }
}

function wireEnd({ error, resetCode, grpcStatus }: RequestEnd) {
  if (error !== undefined && resetCode !== undefined) {
    return { end: { $case: 'resetErrorCode', value: resetCode } } as const;
  }
  if (grpcStatus === undefined) return undefined;
  return { end: { $case: 'grpcStatusCode', value: grpcStatus } } as const;
}

function wireDuration(ms: number): Duration {
  const nanos = Math.max(0, Math.round(ms * 1e6));
  return { seconds: BigInt(Math.floor(nanos / 1e9)), nanos: nanos % 1e9 };
}
