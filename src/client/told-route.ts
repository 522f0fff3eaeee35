import type { RequestMatch, ResponseClass, ResponseMatch } from '../core/routes.js';
import type {
  RequestMatch as RequestMatchMessage,
  ResponseMatch as ResponseMatchMessage,
  Route,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import { type HttpMethod, HttpMethod_Registered } from '../gen/io/linkerd/proxy/http_types/http_types.js';
import { decodeDurationMs } from '../wire/duration.js';

/** One route of a profile. */
export interface ToldRoute {
  /** Labels for the metrics of its requests, sorted by name; `route` is its name. */
  readonly labels: ReadonlyMap<string, string>;
  readonly condition: RequestMatch;
  /** The first that matches a response classifies it. */
  readonly responseClasses: readonly ResponseClass[];
  readonly isRetryable: boolean;
  /** Undefined: none. */
  readonly timeoutMs: number | undefined;
}

/** Undefined for a route whose condition can't be read; proxies pass over it, and over such parts of conditions. */
export function decodeRoute(route: Route): ToldRoute | undefined {
  const condition = decodeRequestMatch(route.condition);
  if (condition === undefined) return undefined;
  return {
    labels: new Map([...route.metricsLabels].sort(([a], [b]) => (a < b ? -1 : 1))),
    condition,
    responseClasses: route.responseClasses.flatMap(({ condition: response, isFailure }) => {
      const match = decodeResponseMatch(response);
      return match === undefined ? [] : [{ condition: match, isFailure }];
    }),
    isRetryable: route.isRetryable,
    timeoutMs: route.timeout === undefined ? undefined : decodeDurationMs(route.timeout),
  };
}

function decodeRequestMatch(message: RequestMatchMessage | undefined): RequestMatch | undefined {
  const match = message?.match;
  switch (match?.$case) {
    case 'all':
    case 'any': {
      const matches = match.value.matches.flatMap((each) => decodeRequestMatch(each) ?? []);
      return { kind: match.$case, matches };
    }
    case 'not': {
      const inner = decodeRequestMatch(match.value);
      return inner && { kind: 'not', match: inner };
    }
    case 'path':
      return { kind: 'path', regex: match.value.regex };
    case 'method': {
      const method = decodeMethod(match.value);
      return method === undefined ? undefined : { kind: 'method', method };
    }
    case undefined:
      return undefined;
  }
}

function decodeResponseMatch(message: ResponseMatchMessage | undefined): ResponseMatch | undefined {
  const match = message?.match;
  switch (match?.$case) {
    case 'all':
    case 'any': {
      const matches = match.value.matches.flatMap((each) => decodeResponseMatch(each) ?? []);
      return { kind: match.$case, matches };
    }
    case 'not': {
      const inner = decodeResponseMatch(match.value);
      return inner && { kind: 'not', match: inner };
    }
    case 'status': {
      const { min, max } = match.value;
      return isStatus(min) && isStatus(max) ? { kind: 'status', min, max } : undefined;
    }
    case undefined:
      return undefined;
  }
}

/** What proxies take for a status code. */
function isStatus(code: number): boolean {
  return code >= 100 && code <= 999;
}

function decodeMethod({ type }: HttpMethod): string | undefined {
  switch (type?.$case) {
    case 'registered':
      return Object.entries(HttpMethod_Registered).find(([, number]) => number === type.value)?.[0];
    case 'unregistered':
      return type.value;
    case undefined:
      return undefined;
  }
}
