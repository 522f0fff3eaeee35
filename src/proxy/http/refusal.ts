import { isGrpc } from './classify.js';
import { fieldValue } from './fields.js';
import type { Exchange, RequestHead, ResponseHead } from './message.js';

/** Why the proxy itself answers a request. The word is for metrics, the message for people. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
}

export type RefusalReason =
  /** The request can't be passed on as it is. */
  | 'malformed'
  /** It would come back here. */
  | 'loop'
  /** No connection, or only such servers as said that they did nothing: nothing can have come of the request. */
  | 'unreachable'
  /** A connection broke before there was an answer. */
  | 'broken'
  /** This proxy is going away. */
  | 'stopping'
  /** No endpoint is known, or none was within the time that a request waits for one. */
  | 'no-endpoint'
  /** The route's timeout passed. */
  | 'timeout'
  | 'internal';

/** As linkerd2-proxy answers: the statuses are of HTTP (RFC 9110) and gRPC. */
const statuses = {
  malformed: { http: 400, grpc: 3 },
  loop: { http: 508, grpc: 10 },
  unreachable: { http: 502, grpc: 14 },
  broken: { http: 502, grpc: 14 },
  stopping: { http: 503, grpc: 14 },
  'no-endpoint': { http: 504, grpc: 14 },
  timeout: { http: 504, grpc: 4 },
  internal: { http: 500, grpc: 13 },
} as const;

/** A timeout says nothing about the connection; after the others the client does better on a new one. */
function endsConnection(reason: RefusalReason): boolean {
  return reason !== 'timeout';
}

/**
 * In an answer of a proxy's own: nothing of the request was passed on, so it may be sent elsewhere whatever it is. A sidecar
 * says so whose application has stopped to listen before everybody has heard that its pod is going.
 */
const unsentField = 'conduit-proxy-unsent';

export function isUnsent({ fields }: ResponseHead): boolean {
  return fieldValue(fields, unsentField) !== undefined;
}

/** Answers in place of a server. A gRPC client gets a gRPC status, anybody else an HTTP one. */
export function refuse(exchange: Exchange, refusal: Refusal, proxyName: string): void {
  const close = endsConnection(refusal.reason);
  exchange.respond(refusalHead(exchange.request, refusal, proxyName), { hasBody: false, close });
}

export function refusalHead(
  request: RequestHead,
  { reason, message }: Refusal,
  proxyName: string,
): ResponseHead {
  const { http, grpc } = statuses[reason];
  const text = headerText(`${proxyName}: ${message}`);
  const about = [
    'l5d-proxy-error',
    text,
    ...(endsConnection(reason) ? ['l5d-proxy-connection', 'close'] : []),
    ...(reason === 'unreachable' ? [unsentField, 'true'] : []),
  ];
  if (isGrpc(request)) {
    const status = ['content-type', 'application/grpc', 'grpc-status', String(grpc)];
    const fields = [...status, 'grpc-message', encodeURI(text), ...about];
    return { status: 200, reason: '', fields };
  }
  return {
    status: http,
    reason: '',
    fields: ['content-length', '0', ...about],
  };
}

/** What may stand in a field, at a length that no client refuses. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 500);
}
