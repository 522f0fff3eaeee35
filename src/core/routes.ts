/**
 * What a ServiceProfile (linkerd.io/v1alpha2) says about the requests to a service. The conditions are trees, as proxies
 * take them.
 */

export interface Route {
  /** Labels the metrics of its requests; need not be unique. */
  readonly name: string;
  readonly condition: RequestMatch;
  /** The first that matches a response classifies it. */
  readonly responseClasses: readonly ResponseClass[];
  readonly isRetryable: boolean;
  /** Undefined: none. */
  readonly timeoutMs: number | undefined;
}

export type RequestMatch =
  | { readonly kind: 'all'; readonly matches: readonly RequestMatch[] }
  | { readonly kind: 'any'; readonly matches: readonly RequestMatch[] }
  | { readonly kind: 'not'; readonly match: RequestMatch }
  /** In the syntax of Rust's regex crate; it has to match the whole path. */
  | { readonly kind: 'path'; readonly regex: string }
  /** In upper case. */
  | { readonly kind: 'method'; readonly method: string };

export interface ResponseClass {
  readonly condition: ResponseMatch;
  readonly isFailure: boolean;
}

export type ResponseMatch =
  | { readonly kind: 'all'; readonly matches: readonly ResponseMatch[] }
  | { readonly kind: 'any'; readonly matches: readonly ResponseMatch[] }
  | { readonly kind: 'not'; readonly match: ResponseMatch }
  /** Status codes, both ends included. */
  | { readonly kind: 'status'; readonly min: number; readonly max: number };

/** How many retries may be added to the ordinary requests. */
export interface RetryBudget {
  /** Retries per ordinary request: 0 to 1,000. */
  readonly retryRatio: number;
  /** Retries that are always allowed. */
  readonly minRetriesPerSecond: number;
  /** How long a request counts towards the ratio: 1 to 60 seconds, which is what proxies read. */
  readonly ttlMs: number;
}

/** Another destination that takes a share of the requests. */
export interface DestinationOverride {
  /** `host` or `host:port`; without a port, that of the request. */
  readonly authority: string;
  /** In tenths of a thousandth: a share of 1 is 10,000. */
  readonly weight: number;
}

/** What holds where a profile sets no budget: Linkerd's own default. */
export const defaultRetryBudget: RetryBudget = Object.freeze({
  retryRatio: 0.2,
  minRetriesPerSecond: 10,
  ttlMs: 10_000,
});
