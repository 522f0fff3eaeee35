import type {
  DestinationProfile,
  RequestMatch,
  ResponseMatch,
  RetryBudget,
  Route,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Duration } from '../gen/google/protobuf/duration.js';
import { type HttpMethod, HttpMethod_Registered } from '../gen/io/linkerd/proxy/http_types/http_types.js';
import { decodeEndpoints, type ToldEndpoint } from './told-endpoint.js';

/** What a proxy is told about the traffic for one destination, as a plain value. */
export interface ToldProfile {
  /** The service's DNS name without a port; empty where the destination is no named thing. */
  readonly name: string;
  /** Connections are bytes: no protocol is to be detected, and no route applies. */
  readonly isOpaque: boolean;
  /** The first whose condition matches a request applies to it. */
  readonly routes: readonly ToldRoute[];
  /** Undefined where there is none, or none that proxies accept. */
  readonly retryBudget: ToldRetryBudget | undefined;
  /** Where to send requests instead, each in proportion to its weight, which is above 0. Empty: nowhere else. */
  readonly overrides: readonly { readonly authority: string; readonly weight: number }[];
  /** The one endpoint that the destination is; undefined for services. */
  readonly endpoint: ToldEndpoint | undefined;
}

export interface ToldRoute {
  readonly condition: RequestCondition;
  /** The first whose condition matches a response classifies it. */
  readonly responseClasses: readonly { readonly condition: ResponseCondition; readonly isFailure: boolean }[];
  readonly labels: ReadonlyMap<string, string>;
  readonly isRetryable: boolean;
  readonly timeoutMs: number | undefined;
}

export type RequestCondition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly RequestCondition[] }
  | { readonly kind: 'not'; readonly condition: RequestCondition }
  /** In the syntax of Rust's regex crate; it must match the whole path. */
  | { readonly kind: 'path'; readonly regex: string }
  /** In upper case where it is a registered one. */
  | { readonly kind: 'method'; readonly method: string };

export type ResponseCondition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly ResponseCondition[] }
  | { readonly kind: 'not'; readonly condition: ResponseCondition }
  /** Both bounds are included. */
  | { readonly kind: 'status'; readonly min: number; readonly max: number };

export interface ToldRetryBudget {
  /** Retries for each ordinary request. */
  readonly ratio: number;
  readonly minPerSecond: number;
  /** How long a request counts. */
  readonly ttlMs: number;
}

/**
 * Decodes a profile as linkerd2-proxy does: a route or a class with a condition that says nothing is left out, as is a
 * budget out of bounds and an override without weight.
 */
export function decodeProfile(profile: DestinationProfile): ToldProfile {
  const [endpoint] =
    profile.endpoint === undefined
      ? []
      : decodeEndpoints({ addrs: [profile.endpoint], metricLabels: new Map() });
  return {
    name: profile.fullyQualifiedName,
    isOpaque: profile.opaqueProtocol,
    routes: profile.routes.flatMap((route) => decodeRoute(route) ?? []),
    retryBudget: decodeBudget(profile.retryBudget),
    overrides: profile.dstOverrides
      .filter(({ weight }) => weight > 0)
      .map(({ authority, weight }) => ({ authority, weight })),
    endpoint,
  };
}

function decodeRoute(route: Route): ToldRoute | undefined {
  const condition = decodeRequestMatch(route.condition);
  if (condition === undefined) return undefined;
  const timeoutMs = decodeDuration(route.timeout);
  return {
    condition,
    responseClasses: route.responseClasses.flatMap((responseClass) => {
      const on = decodeResponseMatch(responseClass.condition);
      return on === undefined ? [] : [{ condition: on, isFailure: responseClass.isFailure }];
    }),
    labels: route.metricsLabels,
    isRetryable: route.isRetryable,
    timeoutMs: timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : undefined,
  };
}

function decodeRequestMatch(match: RequestMatch | undefined): RequestCondition | undefined {
  const condition = match?.match;
  switch (condition?.$case) {
    case 'all':
    case 'any': {
      const of = condition.value.matches.map(decodeRequestMatch);
      return of.every((it) => it !== undefined) ? { kind: condition.$case, of } : undefined;
    }
    case 'not': {
      const inner = decodeRequestMatch(condition.value);
      return inner && { kind: 'not', condition: inner };
    }
    case 'path':
      return { kind: 'path', regex: condition.value.regex };
    case 'method': {
      const method = decodeMethod(condition.value);
      return method === undefined ? undefined : { kind: 'method', method };
    }
    case undefined:
      return undefined;
  }
}

const registeredMethods = new Map<number, string>(
  Object.entries(HttpMethod_Registered).flatMap(([name, value]) => (value < 0 ? [] : [[value, name]])),
);

function decodeMethod({ type }: HttpMethod): string | undefined {
  switch (type?.$case) {
    case 'registered':
      return registeredMethods.get(type.value);
    case 'unregistered':
      return type.value === '' ? undefined : type.value;
    case undefined:
      return undefined;
  }
}

function decodeResponseMatch(match: ResponseMatch | undefined): ResponseCondition | undefined {
  const condition = match?.match;
  switch (condition?.$case) {
    case 'all':
    case 'any': {
      const of = condition.value.matches.map(decodeResponseMatch);
      return of.every((it) => it !== undefined) ? { kind: condition.$case, of } : undefined;
    }
    case 'not': {
      const inner = decodeResponseMatch(condition.value);
      return inner && { kind: 'not', condition: inner };
    }
    case 'status': {
      const { min, max } = condition.value;
      return isStatus(min) && isStatus(max) && min <= max ? { kind: 'status', min, max } : undefined;
    }
    case undefined:
      return undefined;
  }
}

function isStatus(code: number): boolean {
  return code >= 100 && code <= 999;
}

/** The bounds are those of linkerd2-proxy, which ignores a budget outside of them. */
function decodeBudget(budget: RetryBudget | undefined): ToldRetryBudget | undefined {
  if (budget === undefined) return undefined;
  const ttlMs = decodeDuration(budget.ttl);
  const { retryRatio: ratio, minRetriesPerSecond: minPerSecond } = budget;
  const isValid = ratio >= 0 && ratio <= 1_000 && minPerSecond <= 0x7fff_ffff;
  if (!isValid || ttlMs === undefined || ttlMs < 1_000 || ttlMs > 60_000) return undefined;
  return { ratio, minPerSecond, ttlMs };
}

function decodeDuration(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000;
}
