import { status } from '@grpc/grpc-js';

/** What a call ends with, as the client sees it. */
export interface CallStatus {
  /** A number of google.rpc.Code. */
  readonly code: number;
  readonly details: string;
}

/** Thrown by a handler to end its call with this status. */
export class StatusError extends Error implements CallStatus {
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string, options?: ErrorOptions) {
    super(details, options);
    this.name = 'StatusError';
    this.code = code;
    this.details = details;
  }
}

/** What a client learns of an error that was not meant for it. */
export const internalError: CallStatus = { code: status.INTERNAL, details: 'internal error' };

/** Details travel percent-encoded in a header, at up to three bytes for one; header lists of 8 KB are common limits. */
const maxDetailsBytes = 1_000;
const ellipsis = '…';

const ok: number = status.OK;
const unknown: number = status.UNKNOWN;
/** The last of the codes. */
const unauthenticated: number = status.UNAUTHENTICATED;

/**
 * The status that `error` means for the client, or undefined where it means none and is ours to find out about.
 *
 * A StatusError, or a plain object of that shape, is one. Any other Error isn't, even with a `code`: the status that
 * some other server gave to a call of ours says nothing about the call that we serve.
 */
export function statusOf(error: unknown): CallStatus | undefined {
  if (error instanceof StatusError) return hasMeaning(error.code) ? error : undefined;
  if (typeof error !== 'object' || error === null || error instanceof Error) return undefined;
  const { code, details }: { code?: unknown; details?: unknown } = error;
  return typeof code === 'number' && typeof details === 'string' && hasMeaning(code)
    ? { code, details }
    : undefined;
}

/**
 * Whether `code` is one that we end calls with on purpose. UNKNOWN isn't: grpc-js gives it to errors that it can't
 * read, together with their message.
 */
export function hasMeaning(code: number): boolean {
  return Number.isInteger(code) && code > ok && code <= unauthenticated && code !== unknown;
}

/**
 * `details` as it can be sent: at most 1,000 bytes of UTF-8, cut between characters, and well-formed, because grpc-js
 * passes it to `encodeURI`, which throws on a lone surrogate.
 */
export function sendableDetails(details: string): string {
  const bytes = Buffer.from(details, 'utf8');
  if (bytes.length <= maxDetailsBytes) return bytes.toString('utf8');
  let end = maxDetailsBytes - Buffer.byteLength(ellipsis);
  // 0b10xxxxxx goes on with the character before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}${ellipsis}`;
}
