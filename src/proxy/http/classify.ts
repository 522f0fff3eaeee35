import type { Route } from '../profile/profile.js';
import { type Fields, fieldValue } from './fields.js';
import type { RequestHead, ResponseHead } from './message.js';

export type Classification = 'success' | 'failure';

/** gRPC statuses that say that the server failed, not the request: linkerd2-proxy's choice. */
const failedGrpcStatuses: ReadonlySet<number> = new Set([
  2, // UNKNOWN
  4, // DEADLINE_EXCEEDED
  13, // INTERNAL
  14, // UNAVAILABLE
  15, // DATA_LOSS
]);

/**
 * Whether a response is a failure, by linkerd2-proxy's order: the route's classes, the gRPC status, the HTTP status from
 * 500 on. Undefined while only its trailers can tell.
 */
export function classifyHead(route: Route | undefined, head: ResponseHead): Classification | undefined {
  const byRoute = route?.isFailure(head.status);
  if (byRoute !== undefined) return byRoute ? 'failure' : 'success';
  const status = grpcStatus(head.fields);
  if (status !== undefined) return classifyGrpc(status);
  return head.status >= 500 ? 'failure' : undefined;
}

/** The class of a response that has come to its regular end. */
export function classifyEnd(route: Route | undefined, head: ResponseHead, trailers: Fields): Classification {
  const status = grpcStatus(trailers);
  return classifyHead(route, head) ?? (status === undefined ? 'success' : classifyGrpc(status));
}

/** The status in a trailer, or in the head of a response that is nothing but trailers. */
export function grpcStatus(fields: Fields): number | undefined {
  const text = fieldValue(fields, 'grpc-status');
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

export function isGrpc({ fields }: RequestHead): boolean {
  return fieldValue(fields, 'content-type')?.startsWith('application/grpc') === true;
}

function classifyGrpc(status: number): Classification {
  return failedGrpcStatuses.has(status) ? 'failure' : 'success';
}
