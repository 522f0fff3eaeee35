import type { RequestMatch, ResponseMatch, RetryBudget, Route } from '../core/routes.js';
import type {
  RequestMatch as RequestMatchMessage,
  ResponseMatch as ResponseMatchMessage,
  RetryBudget as RetryBudgetMessage,
  Route as RouteMessage,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import { type HttpMethod, HttpMethod_Registered } from '../gen/io/linkerd/proxy/http_types/http_types.js';
import { toDuration } from './duration.js';

export function toRoute({ name, condition, responseClasses, isRetryable, timeoutMs }: Route): RouteMessage {
  return {
    condition: toRequestMatch(condition),
    responseClasses: responseClasses.map((each) => ({
      condition: toResponseMatch(each.condition),
      isFailure: each.isFailure,
    })),
    metricsLabels: new Map([['route', name]]),
    isRetryable,
    timeout: timeoutMs === undefined ? undefined : toDuration(timeoutMs),
  };
}

export function toRetryBudget({ retryRatio, minRetriesPerSecond, ttlMs }: RetryBudget): RetryBudgetMessage {
  return { retryRatio, minRetriesPerSecond, ttl: toDuration(ttlMs) };
}

function toRequestMatch(match: RequestMatch): RequestMatchMessage {
  switch (match.kind) {
    case 'all':
    case 'any':
      return { match: { $case: match.kind, value: { matches: match.matches.map(toRequestMatch) } } };
    case 'not':
      return { match: { $case: 'not', value: toRequestMatch(match.match) } };
    case 'path':
      return { match: { $case: 'path', value: { regex: match.regex } } };
    case 'method':
      return { match: { $case: 'method', value: toHttpMethod(match.method) } };
  }
}

function toResponseMatch(match: ResponseMatch): ResponseMatchMessage {
  switch (match.kind) {
    case 'all':
    case 'any':
      return { match: { $case: match.kind, value: { matches: match.matches.map(toResponseMatch) } } };
    case 'not':
      return { match: { $case: 'not', value: toResponseMatch(match.match) } };
    case 'status':
      return { match: { $case: 'status', value: { min: match.min, max: match.max } } };
  }
}

function toHttpMethod(method: string): HttpMethod {
  const registered = registeredMethods.get(method);
  return registered === undefined
    ? { type: { $case: 'unregistered', value: method } }
    : { type: { $case: 'registered', value: registered } };
}

const registeredMethods: ReadonlyMap<string, HttpMethod_Registered> = new Map([
  ['GET', HttpMethod_Registered.GET],
  ['POST', HttpMethod_Registered.POST],
  ['PUT', HttpMethod_Registered.PUT],
  ['DELETE', HttpMethod_Registered.DELETE],
  ['PATCH', HttpMethod_Registered.PATCH],
  ['OPTIONS', HttpMethod_Registered.OPTIONS],
  ['CONNECT', HttpMethod_Registered.CONNECT],
  ['HEAD', HttpMethod_Registered.HEAD],
  ['TRACE', HttpMethod_Registered.TRACE],
]);
