/** Why a request to the API server came to nothing. */
export type ApiFailure =
  /** No connection, or one that broke: refused, reset, unknown host, untrusted certificate. */
  | { readonly kind: 'connection' }
  /** The server took the connection and stayed silent for too long. */
  | { readonly kind: 'silent' }
  /** There are no credentials to ask with: a token file can't be read, a plugin failed. */
  | { readonly kind: 'credentials' }
  /** The response isn't what such a request is answered with: not JSON, or without an end. */
  | { readonly kind: 'malformed' }
  /** The server said no. */
  | ApiRefusal;

/** A response with another status than 2xx, or a watch's ERROR event: the `Status` object in it. */
export interface ApiRefusal {
  readonly kind: 'refused';
  /** HTTP status code. */
  readonly status: number;
  /** Kubernetes' word for it: `Expired`, `Forbidden`; empty where the server has none. */
  readonly reason: string;
  /** When the server wants to be asked again, in milliseconds from then. */
  readonly retryAfterMs: number | undefined;
}

/** The one error that talking to the API server throws. */
export class ApiError extends Error {
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = 'ApiError';
    this.failure = failure;
  }
}

/** The error that a `Status` object tells of; `status` where it has no code of its own. */
export function refusal(raw: unknown, status: number, retryAfterMs?: number): ApiError {
  const fields =
    typeof raw === 'object' && raw !== null ? new Map<string, unknown>(Object.entries(raw)) : nothing;
  const code = fields.get('code');
  const reason = fields.get('reason');
  const message = fields.get('message');
  return new ApiError(
    {
      kind: 'refused',
      status: typeof code === 'number' ? code : status,
      reason: typeof reason === 'string' ? reason : '',
      retryAfterMs,
    },
    typeof message === 'string' && message !== '' ? shorten(message) : `status ${status}`,
  );
}

/**
 * The delay that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds, or a date), at most five minutes;
 * undefined where there is none, or it says nothing.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), maxRetryAfterMs);
}

const maxRetryAfterMs = 300_000;
const nothing: ReadonlyMap<string, unknown> = new Map();

function shorten(message: string): string {
  return message.length > 300 ? `${message.slice(0, 299)}…` : message;
}
