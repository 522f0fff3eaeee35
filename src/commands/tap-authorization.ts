import type { ApiClient } from '../kube/api-client.js';
import { AccessReviews } from '../kube/access-review.js';
import type { Logger } from '../runtime/log.js';
import { allowEverybody, type Authorize } from '../tap/authorize.js';
import { authorizeByReview } from '../tap/authorize-by-review.js';

/** Who may tap: those whom the cluster's RBAC allows it, or everybody. */
export function tapAuthorization(options: {
  readonly authorizesTap: boolean;
  readonly client: ApiClient;
  readonly log: Logger;
}): Authorize {
  const { authorizesTap, client, log } = options;
  return authorizesTap ? authorizeByReview({ reviews: new AccessReviews({ client }), log }) : allowEverybody;
}
