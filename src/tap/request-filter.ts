import type { TappedEvent } from './tapped-event.js';

/** What proxies can't look at themselves. All of it has to hold of a request. */
export interface RequestFilter {
  /** Only what the pods' proxies sent. */
  readonly outboundOnly: boolean;
  /** Any of these, both ends included; none: any status, and no response at all. */
  readonly statuses: readonly StatusRange[];
  /** From the request's start to the response's, or to the end of what had none. 0: any. */
  readonly minLatencyMs: number;
  /** Names, in lower case, of headers that the request or the response has. */
  readonly headers: readonly string[];
}

export interface StatusRange {
  readonly min: number;
  readonly max: number;
}

export type Verdict = 'in' | 'out' | 'open' | 'unknowable';

/** Whether every request passes. */
export function passesAll(filter: RequestFilter): boolean {
  return !filter.outboundOnly && looksNoFurther(filter);
}

/** What the filter makes of a request of which these events, the last of them just now, have been seen. */
export function judge(filter: RequestFilter, events: readonly TappedEvent[]): Verdict {
  const last = events.at(-1);
  if (last === undefined) return 'open';
  if (filter.outboundOnly && !last.isOutbound) return 'out';
  if (last.kind === 'request-init') return looksNoFurther(filter) ? 'in' : 'open';
  if (last.kind === 'lost') return 'unknowable';
  const holds =
    statusMatches(filter, last) &&
    last.sinceRequestMs >= filter.minLatencyMs &&
    filter.headers.every((name) => events.some(({ headerNames }) => headerNames.includes(name)));
  return holds ? 'in' : 'out';
}

function looksNoFurther({ statuses, minLatencyMs, headers }: RequestFilter): boolean {
  return statuses.length === 0 && minLatencyMs === 0 && headers.length === 0;
}

function statusMatches({ statuses }: RequestFilter, { kind, status }: TappedEvent): boolean {
  if (statuses.length === 0) return true;
  return kind === 'response-init' && statuses.some(({ min, max }) => status >= min && status <= max);
}
