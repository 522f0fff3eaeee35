import type { DestinationOverride, RetryBudget } from '../core/routes.js';
import type {
  DestinationProfile,
  RetryBudget as RetryBudgetMessage,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import { decodeDurationMs } from '../wire/duration.js';
import { decodeEndpoint, decodeResource, type ResourceRef, type ToldEndpoint } from './told-endpoint.js';
import { decodeRoute, type ToldRoute } from './told-route.js';

/** How a proxy is told to treat the traffic for a destination, as a plain value. */
export interface ToldProfile {
  /** The service's full DNS name without a port; undefined where the destination is no named thing. */
  readonly fullyQualifiedName: string | undefined;
  /** Whether connections are bytes. */
  readonly isOpaque: boolean;
  /** In order: the first that matches a request applies. */
  readonly routes: readonly ToldRoute[];
  readonly retryBudget: RetryBudget | undefined;
  /** Where requests go instead; empty: to where the client meant them to go. */
  readonly overrides: readonly DestinationOverride[];
  /** Set where the destination is one endpoint and no service. */
  readonly endpoint: ToldEndpoint | undefined;
  /** The object that the destination is. */
  readonly parent: ResourceRef | undefined;
  /** The ServiceProfile that all this comes from. */
  readonly source: ResourceRef | undefined;
}

export function decodeProfile(profile: DestinationProfile): ToldProfile {
  return {
    fullyQualifiedName: profile.fullyQualifiedName === '' ? undefined : profile.fullyQualifiedName,
    isOpaque: profile.opaqueProtocol,
    routes: profile.routes.flatMap((route) => decodeRoute(route) ?? []),
    retryBudget: profile.retryBudget && decodeRetryBudget(profile.retryBudget),
    overrides: profile.dstOverrides.map(({ authority, weight }) => ({ authority, weight })),
    endpoint: profile.endpoint && decodeEndpoint(profile.endpoint),
    parent: decodeResource(profile.parentRef),
    source: decodeResource(profile.profileRef),
  };
}

function decodeRetryBudget({ retryRatio, minRetriesPerSecond, ttl }: RetryBudgetMessage): RetryBudget {
  // Seven digits are what a float has of the number that was meant.
  const ratio = Number(retryRatio.toPrecision(7));
  return { retryRatio: ratio, minRetriesPerSecond, ttlMs: ttl === undefined ? 0 : decodeDurationMs(ttl) };
}
