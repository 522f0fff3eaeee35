import type { ToldProfile } from '../client/told-profile.js';
import type { ToldRoute } from '../client/told-route.js';
import type { DestinationOverride, RequestMatch, ResponseMatch, RetryBudget } from '../core/routes.js';
import { type EndpointDocument, endpointDocument, type ResourceDocument } from './endpoints-json.js';

/**
 * The JSON of `conduit profile -o json`. Fields may be added; none is renamed, removed or given another meaning. What a
 * profile lacks is null. With `--watch` each line is such a document with a `kind`: `snapshot` or `change`; or the `lost`
 * line of endpoints-json.ts.
 */
export interface ProfileDocument {
  readonly authority: string;
  /** Without a port; null where the destination is no named thing. */
  readonly fullyQualifiedName: string | null;
  readonly opaque: boolean;
  /** The object that the destination is, usually a Service. */
  readonly parent: ResourceDocument | null;
  /** The ServiceProfile that it comes from. */
  readonly serviceProfile: ResourceDocument | null;
  /** The first that matches a request applies. */
  readonly routes: readonly RouteDocument[];
  readonly retryBudget: RetryBudget | null;
  /** Where requests go instead, by weight; empty: to where the client meant them to go. */
  readonly overrides: readonly DestinationOverride[];
  /** Set where the destination is one endpoint and no service. */
  readonly endpoint: EndpointDocument | null;
}

export interface RouteDocument {
  /** Labels for the metrics of its requests; `route` is its name. */
  readonly labels: Readonly<Record<string, string>>;
  readonly condition: RequestMatch;
  /** The first that matches a response classifies it. */
  readonly responseClasses: readonly { readonly condition: ResponseMatch; readonly isFailure: boolean }[];
  readonly isRetryable: boolean;
  readonly timeoutMs: number | null;
}

export function profileDocument(authority: string, profile: ToldProfile): ProfileDocument {
  const { endpoint } = profile;
  return {
    authority,
    fullyQualifiedName: profile.fullyQualifiedName ?? null,
    opaque: profile.isOpaque,
    parent: profile.parent ?? null,
    serviceProfile: profile.source ?? null,
    routes: profile.routes.map(routeDocument),
    retryBudget: profile.retryBudget ?? null,
    overrides: profile.overrides,
    endpoint: endpoint === undefined ? null : endpointDocument(endpoint),
  };
}

function routeDocument({ labels, timeoutMs, ...route }: ToldRoute): RouteDocument {
  const { condition, responseClasses, isRetryable } = route;
  return {
    labels: Object.fromEntries(labels),
    condition,
    responseClasses,
    isRetryable,
    timeoutMs: timeoutMs ?? null,
  };
}
