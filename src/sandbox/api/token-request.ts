import type { ServiceAccountTokens } from '../access/service-account-tokens.js';
import { serviceAccounts } from '../controllers/kinds.js';
import { at, isFields, listAt } from '../store/field.js';
import { timestamp } from '../store/object.js';
import { badRequest, notFound } from '../store/status.js';
import { type Reply, jsonReply, statusReply } from './reply.js';

/** As the API server: a shorter life is refused, and without a wish it is an hour. */
const minSeconds = 600;
const maxSeconds = 2 ** 32;
const defaultSeconds = 3_600;

/**
 * Answers `POST …/serviceaccounts/NAME/token` (authentication.k8s.io/v1 TokenRequest). Tokens that are bound to a pod or a
 * secret aren't issued.
 */
export function answerTokenRequest(request: {
  readonly tokens: ServiceAccountTokens;
  readonly namespace: string;
  readonly name: string;
  readonly body: unknown;
  readonly now: Date;
}): Reply {
  const { tokens, namespace, name, body, now } = request;
  if (!isFields(body)) return statusReply(badRequest('the body must be a TokenRequest'));
  if (isFields(at(body, 'spec', 'boundObjectRef'))) {
    return statusReply(
      badRequest('tokens bound to an object are not issued here: leave spec.boundObjectRef out'),
    );
  }
  const seconds = at(body, 'spec', 'expirationSeconds') ?? defaultSeconds;
  if (
    typeof seconds !== 'number' ||
    !Number.isInteger(seconds) ||
    seconds < minSeconds ||
    seconds > maxSeconds
  ) {
    return statusReply(
      badRequest(`spec.expirationSeconds: must be a whole number from ${minSeconds} to ${maxSeconds}`),
    );
  }
  const audiences = listAt(body, 'spec', 'audiences').filter((one) => typeof one === 'string');
  const issued = tokens.issue({ namespace, name, audiences, expirationSeconds: seconds });
  if (issued === undefined) return statusReply(notFound(serviceAccounts, name));
  return jsonReply(
    201,
    JSON.stringify({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: timestamp(now) },
      spec: { audiences: issued.audiences, expirationSeconds: seconds, boundObjectRef: null },
      status: { token: issued.token, expirationTimestamp: timestamp(issued.expiresAt) },
    }),
  );
}
