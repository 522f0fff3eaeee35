import { type ServiceError, status } from '@grpc/grpc-js';

/** The name of a gRPC status: `NOT_FOUND`. */
export type StatusName = keyof typeof status;

/** How a call ended. */
export interface Failure {
  /** `OK` where the server ended a call that it should have kept open. */
  readonly code: StatusName;
  /** In the server's words, or ours where there was no answer. Untrusted text. */
  readonly message: string;
}

/** The failure that grpc-js reports as `error`, of a call to the server at `address`. */
export function describeFailure(error: unknown, address: string): Failure {
  if (!isServiceError(error)) return { code: 'UNKNOWN', message: String(error) };
  const code = statusName(error.code);
  const unreachable = code === 'UNAVAILABLE' ? explainUnreachable(error.details) : undefined;
  return {
    code,
    message: unreachable === undefined ? error.details : `cannot connect to ${address}: ${unreachable}`,
  };
}

/** Whether asking again can never help: proxies give up on these statuses and retry after every other. */
export function isFinal({ code }: Failure): boolean {
  return code === 'INVALID_ARGUMENT' || code === 'FAILED_PRECONDITION';
}

/** What grpc-js's account of a failed connection comes down to; undefined where a server was reached. */
function explainUnreachable(details: string): string | undefined {
  if (details.startsWith('Name resolution failed')) return 'the name does not resolve';
  const cause = /^No connection established\. Last error: (?:Error: )?(?<cause>.*?)(?: \(\d{4}-|$)/.exec(
    details,
  )?.groups?.['cause'];
  if (cause === undefined) return undefined;
  const [, words = cause] = causes.find(([sign]) => cause.includes(sign)) ?? [];
  return words;
}

/** errno(3) and nghttp2 in words. */
const causes = [
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EHOSTUNREACH', 'no route to it'],
  ['ENETUNREACH', 'no route to it'],
  ['ETIMEDOUT', 'no answer'],
  ['Protocol error', 'what listens there does not speak HTTP/2 in plaintext'],
] as const;

function statusName(code: number): StatusName {
  const name = status[code];
  return name !== undefined && isStatusName(name) ? name : 'UNKNOWN';
}

function isStatusName(name: string): name is StatusName {
  return name in status;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}
