import { isDeepStrictEqual } from 'node:util';
import type { ToldEndpoint } from '../../client/told-endpoint.js';
import type { ToldProfile } from '../../client/told-profile.js';
import type { ToldRoute } from '../../client/told-route.js';
import type {
  DestinationOverride,
  RequestMatch,
  ResponseMatch,
  RetryBudget as RetryBudgetBounds,
} from '../../core/routes.js';
import { WeightedChoice } from '../balance/weighted-choice.js';
import { compilePath } from './path-pattern.js';
import { RetryBudget } from './retry-budget.js';

/** How to treat the requests for one destination, ready to be applied. */
export interface Profile {
  readonly told: ToldProfile;
  readonly routes: readonly Route[];
  /** Where requests go instead of the destination itself; undefined: nowhere else. */
  readonly split: WeightedChoice<DestinationOverride> | undefined;
  /** Shared by all routes. */
  readonly retryBudget: RetryBudget | undefined;
  readonly endpoint: ToldEndpoint | undefined;
}

export interface Route {
  readonly matches: (request: RequestFacts) => boolean;
  /** What the route's response classes say of a status; undefined where they say nothing. */
  readonly isFailure: (status: number) => boolean | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly isRetryable: boolean;
  readonly timeoutMs: number | undefined;
}

/** What routes look at. */
export interface RequestFacts {
  readonly method: string;
  /** Without a query. */
  readonly path: string;
}

/** The profile of a destination that nothing is known of. */
export const plainProfile: Profile = {
  told: {
    fullyQualifiedName: undefined,
    isOpaque: false,
    routes: [],
    retryBudget: undefined,
    overrides: [],
    endpoint: undefined,
    parent: undefined,
    source: undefined,
  },
  routes: [],
  split: undefined,
  retryBudget: undefined,
  endpoint: undefined,
};

export interface CompileOptions {
  /** The profile that the new one replaces: a budget that stays the same goes on with its balance. */
  readonly before: Profile;
  /** Told of a path pattern that can't be used, each time it is compiled. */
  readonly onUnusable: (regex: string, problem: string) => void;
}

/** A budget out of bounds, an override without weight and a timeout of nothing count as not told, as in linkerd2-proxy. */
export function compileProfile(told: ToldProfile, { before, onUnusable }: CompileOptions): Profile {
  const overrides = told.overrides.filter(({ weight }) => weight > 0);
  const hasSameBudget = isDeepStrictEqual(told.retryBudget, before.told.retryBudget);
  return {
    told,
    // Opaque destinations are bytes: no route applies.
    routes: told.isOpaque ? [] : told.routes.map((route) => compileRoute(route, onUnusable)),
    split: overrides.length === 0 ? undefined : new WeightedChoice(overrides, ({ weight }) => weight),
    retryBudget: hasSameBudget ? before.retryBudget : createBudget(told.retryBudget),
    endpoint: told.endpoint,
  };
}

function createBudget(bounds: RetryBudgetBounds | undefined): RetryBudget | undefined {
  if (bounds === undefined) return undefined;
  const { retryRatio, minRetriesPerSecond, ttlMs } = bounds;
  const isValid =
    retryRatio >= 0 &&
    retryRatio <= 1_000 &&
    minRetriesPerSecond <= 0x7fff_ffff &&
    ttlMs >= 1_000 &&
    ttlMs <= 60_000;
  return isValid ? new RetryBudget(bounds) : undefined;
}

export function findRoute({ routes }: Profile, request: RequestFacts): Route | undefined {
  return routes.find((route) => route.matches(request));
}

function compileRoute(route: ToldRoute, onUnusable: CompileOptions['onUnusable']): Route {
  const { condition, responseClasses, labels, isRetryable, timeoutMs } = route;
  return {
    matches: compileRequestCondition(condition, onUnusable),
    isFailure: (status) => responseClasses.find((it) => matchesStatus(it.condition, status))?.isFailure,
    labels,
    isRetryable,
    timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
  };
}

type Matcher = (request: RequestFacts) => boolean;

function compileRequestCondition(condition: RequestMatch, onUnusable: CompileOptions['onUnusable']): Matcher {
  const broken = findUnusable(condition);
  if (broken !== undefined) {
    onUnusable(broken.regex, broken.problem);
    // Also where the pattern is negated: a route that can't be understood must not catch what isn't its own.
    return () => false;
  }
  return matcher(condition);
}

function matcher(condition: RequestMatch): Matcher {
  switch (condition.kind) {
    case 'all': {
      const matchers = condition.matches.map(matcher);
      return (request) => matchers.every((matches) => matches(request));
    }
    case 'any': {
      const matchers = condition.matches.map(matcher);
      return (request) => matchers.some((matches) => matches(request));
    }
    case 'not': {
      const matches = matcher(condition.match);
      return (request) => !matches(request);
    }
    case 'path': {
      const pattern = compilePath(condition.regex);
      return pattern.ok ? ({ path }) => pattern.matches(path) : () => false;
    }
    case 'method':
      return ({ method }) => method === condition.method;
  }
}

function findUnusable(
  condition: RequestMatch,
): { readonly regex: string; readonly problem: string } | undefined {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.matches.map(findUnusable).find((it) => it !== undefined);
    case 'not':
      return findUnusable(condition.match);
    case 'path': {
      const pattern = compilePath(condition.regex);
      return pattern.ok ? undefined : { regex: condition.regex, problem: pattern.problem };
    }
    case 'method':
      return undefined;
  }
}

function matchesStatus(condition: ResponseMatch, status: number): boolean {
  switch (condition.kind) {
    case 'all':
      return condition.matches.every((it) => matchesStatus(it, status));
    case 'any':
      return condition.matches.some((it) => matchesStatus(it, status));
    case 'not':
      return !matchesStatus(condition.match, status);
    case 'status':
      return status >= condition.min && status <= condition.max;
  }
}
