import { createHash } from 'node:crypto';
import { type ResourceSelection, resourceNames } from '../core/resource.js';
import { AnswerCache } from '../runtime/answer-cache.js';
import type { Logger } from '../runtime/log.js';
import type { Authorization, Authorize } from './authorize.js';

/** What a token must have been issued for: one that a pod sends elsewhere, stolen, opens no tap. */
export const tapAudience = 'tap.conduit.io';

/** The API group of the permission to tap. Nothing is served in it: its name is all that there is of it. */
export const tapApiGroup = 'tap.conduit.io';
const tapApiVersion = 'v1alpha1';

/** The questions to ask of Kubernetes; `AccessReviews` in src/kube asks them. */
export interface Reviews<User extends { readonly username: string }> {
  reviewToken(
    token: string,
    audience: string,
  ): Promise<
    | { readonly kind: 'user'; readonly user: User }
    | { readonly kind: 'rejected'; readonly reason: string }
    | Unanswered
  >;
  reviewAccess(user: User, attributes: TapAttributes): Promise<AccessAnswer>;
}

type AccessAnswer =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly reason: string }
  | Unanswered;

interface Unanswered {
  readonly kind: 'unanswered';
  /** For the caller. */
  readonly reason: string;
  /** For the log. */
  readonly detail: string;
}

export interface TapAttributes {
  readonly verb: 'watch';
  readonly group: string;
  readonly version: string;
  /** `deployments`. */
  readonly resource: string;
  readonly subresource: 'tap';
  readonly namespace: string;
  readonly name: string;
}

export interface AuthorizeByReviewOptions<User extends { readonly username: string }> {
  readonly reviews: Reviews<User>;
  readonly log: Logger;
  /** Default `performance.now`. */
  readonly nowMs?: () => number;
}

/** A permission that is taken away is felt as soon as this; one that is given, sooner, for somebody waits for it. */
const allowedMs = 5_000;
const deniedMs = 1_000;
/** Of tokens, and of answers on resources. */
const maxEntries = 1_000;

/**
 * Lets those in who bring a token for `tap.conduit.io` and may `watch` each resource's subresource `tap` in the API group
 * of the same name, as RBAC rules say it. Answers are kept for seconds; tokens only as hashes.
 */
export function authorizeByReview<User extends { readonly username: string }>(
  options: AuthorizeByReviewOptions<User>,
): Authorize {
  const { reviews, log, nowMs = () => performance.now() } = options;
  const users = new AnswerCache<Awaited<ReturnType<typeof reviews.reviewToken>>>({
    keepMs: ({ kind }) => keepMs[kind],
    maxEntries,
    nowMs,
  });
  const accesses = new AnswerCache<AccessAnswer>({ keepMs: ({ kind }) => keepMs[kind], maxEntries, nowMs });
  const unavailable = ({ reason, detail }: Unanswered): Authorization => {
    log.warn({ reason: detail }, 'nobody can be let in to tap: no answer from the API server');
    return {
      ok: false,
      code: 'UNAVAILABLE',
      details: `whether this is allowed can't be found out: ${reason}`,
    };
  };

  return async ({ token, resources }) => {
    if (token === undefined) return refused('UNAUTHENTICATED', noToken);
    const tokenKey = createHash('sha256').update(token).digest('base64');
    const answer = await users.get(tokenKey, () => reviews.reviewToken(token, tapAudience));
    if (answer.kind === 'unanswered') return unavailable(answer);
    if (answer.kind === 'rejected')
      return refused('UNAUTHENTICATED', `the token is not accepted: ${answer.reason}`);
    const { user } = answer;

    const verdicts = await Promise.all(
      resources.map(async (resource) => {
        const attributes = attributesOf(resource);
        const key = JSON.stringify([tokenKey, attributes]);
        const verdict = await accesses.get(key, () => reviews.reviewAccess(user, attributes));
        return { attributes, verdict };
      }),
    );
    for (const { attributes, verdict } of verdicts) {
      if (verdict.kind === 'unanswered') return unavailable(verdict);
      if (verdict.kind === 'denied') {
        log.info({ user: user.username, ...attributes }, 'tap refused');
        return refused('PERMISSION_DENIED', denial(user.username, attributes, verdict.reason));
      }
    }
    return { ok: true, user: user.username };
  };
}

const keepMs = { user: allowedMs, allowed: allowedMs, rejected: deniedMs, denied: deniedMs, unanswered: 0 };

const noToken = `a token is needed, in metadata \`authorization: Bearer TOKEN\`, one for the audience ${tapAudience}: kubectl create token SERVICE-ACCOUNT --audience ${tapAudience}`;

/**
 * A namespace counts as in itself, as it does in requests to the API server: a Role in it can allow to tap all of it.
 */
function attributesOf({ kind, namespace, name }: ResourceSelection): TapAttributes {
  return {
    verb: 'watch',
    group: tapApiGroup,
    version: tapApiVersion,
    resource: resourceNames(kind).plural,
    subresource: 'tap',
    namespace: (kind === 'Namespace' ? name : namespace) ?? '',
    name: name ?? '',
  };
}

function denial(user: string, attributes: TapAttributes, reason: string): string {
  const { verb, resource, subresource, group, namespace, name } = attributes;
  const what = `${resource}/${subresource}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
  const where = namespace === '' ? 'in all namespaces' : `in namespace ${namespace}`;
  return `user ${JSON.stringify(user)} may not ${verb} ${what} in API group ${group} ${where}${reason === '' ? '' : `: ${reason}`}`;
}

function refused(code: 'UNAUTHENTICATED' | 'PERMISSION_DENIED', details: string): Authorization {
  return { ok: false, code, details };
}
