import type { Status } from '../store/status.js';
import type { LogPlan } from './pod-log.js';
import type { WatchPlan } from './watch.js';

/** What a request is answered with. */
export type Reply =
  | TextReply
  | PartsReply
  | { readonly kind: 'watch'; readonly plan: WatchPlan }
  | { readonly kind: 'log'; readonly plan: LogPlan };

export interface TextReply {
  readonly kind: 'text';
  readonly code: number;
  readonly contentType: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** JSON in parts that make up the text together. */
export interface PartsReply {
  readonly kind: 'parts';
  readonly parts: Iterable<string>;
}

export function jsonReply(code: number, text: string): TextReply {
  return { kind: 'text', code, contentType: 'application/json', text };
}

export function statusReply(status: Status): TextReply {
  const retryAfterSeconds = status.details?.retryAfterSeconds;
  return {
    ...jsonReply(status.code, JSON.stringify(status)),
    ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
  };
}
