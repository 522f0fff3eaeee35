import type { Authorizer } from '../api/review.js';
import type { Store } from '../store/store.js';
import { reviewByRbac } from './rbac.js';
import type { ServiceAccountTokens } from './service-account-tokens.js';

/** Knows service accounts by their tokens, and lets everybody do what Roles and bindings say. */
export function rbacAuthorizer({
  store,
  tokens,
}: {
  readonly store: Store;
  readonly tokens: ServiceAccountTokens;
}): Authorizer {
  return {
    reviewToken: (token, audiences) => tokens.review(token, audiences),
    reviewAccess: (request) => reviewByRbac(store, request),
  };
}
