import type { ApiError } from './api-error.js';
import type { FailureReason } from './watch-status.js';

/** A list or a watch that didn't come to its proper end. */
export interface Setback {
  readonly reason: FailureReason;
  /** For people. */
  readonly message: string;
  /** When the server wants to be asked again; undefined where it doesn't say. */
  readonly retryAfterMs: number | undefined;
  /** The state that was asked for is one that this server doesn't have, or can't serve: ask for another. */
  readonly versionUnavailable: boolean;
}

export function setback(reason: FailureReason, message: string): Setback {
  return { reason, message, retryAfterMs: undefined, versionUnavailable: false };
}

export function setbackOf(error: ApiError): Setback {
  const { failure, message } = error;
  if (failure.kind !== 'refused') return setback(failure.kind, message);
  const { status } = failure;
  const reason = refusalReason(status);
  return {
    reason,
    message: `${status} ${failure.reason}: ${message}`,
    retryAfterMs: failure.retryAfterMs,
    // 504 is how a server answers that its cache hasn't reached the version ("Too large resource version").
    versionUnavailable: reason === 'expired' || reason === 'rejected' || status === 504,
  };
}

function refusalReason(status: number): FailureReason {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not-found';
    case 410:
      return 'expired';
    case 429:
      return 'throttled';
    default:
      return status >= 500 ? 'server-error' : 'rejected';
  }
}
