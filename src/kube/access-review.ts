import type { ApiClient } from './api-client.js';
import { ApiError, type ApiFailure } from './api-error.js';

/** Somebody that the API server knows: authentication.k8s.io/v1 UserInfo. */
export interface ReviewedUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type TokenAnswer =
  | { readonly kind: 'user'; readonly user: ReviewedUser }
  | { readonly kind: 'rejected'; readonly reason: string }
  | Unanswered;

export type AccessAnswer =
  | { readonly kind: 'allowed' }
  /** The reason is empty where the API server gives none. */
  | { readonly kind: 'denied'; readonly reason: string }
  | Unanswered;

/** The API server couldn't be asked, or didn't answer. The reason names no address: it is for strangers to read. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly reason: string;
  /** For the log. */
  readonly detail: string;
}

/** authorization.k8s.io/v1 ResourceAttributes. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty: in all namespaces, or of a resource that is in none. */
  readonly namespace: string;
  /** Empty: all of them. */
  readonly name: string;
}

export interface AccessReviewsOptions {
  readonly client: ApiClient;
  /** How long one answer may take. Default 3,000. */
  readonly deadlineMs?: number;
}

/**
 * Asks the API server whose token something is, and what somebody may do. The asker needs the ClusterRole
 * `system:auth-delegator`.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ and
 * …/authorization-resources/subject-access-review-v1/
 */
export class AccessReviews {
  readonly #client: ApiClient;
  readonly #deadlineMs: number;

  constructor({ client, deadlineMs = 3_000 }: AccessReviewsOptions) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Whose token it is, if it was issued for `audience`. A server that knows nothing of audiences leaves them out of its
   * answer: the token is then one for the API server itself, and rejected.
   */
  async reviewToken(token: string, audience: string): Promise<TokenAnswer> {
    const answer = await this.#review('authentication.k8s.io', 'TokenReview', {
      token,
      audiences: [audience],
    });
    if (answer.kind === 'unanswered') return answer;
    const { status } = answer;
    const error = text(status.get('error'));
    if (status.get('authenticated') !== true) {
      return { kind: 'rejected', reason: error === '' ? 'the API server does not know it' : error };
    }
    if (!texts(status.get('audiences')).includes(audience)) {
      return { kind: 'rejected', reason: `it is not for the audience ${audience}` };
    }
    const user = fields(status.get('user'));
    const username = text(user.get('username'));
    if (username === '') return { kind: 'rejected', reason: "it is nobody's" };
    return {
      kind: 'user',
      user: {
        username,
        uid: text(user.get('uid')),
        groups: texts(user.get('groups')),
        extra: Object.fromEntries([...fields(user.get('extra'))].map(([key, value]) => [key, texts(value)])),
      },
    };
  }

  async reviewAccess(user: ReviewedUser, attributes: AccessAttributes): Promise<AccessAnswer> {
    const answer = await this.#review('authorization.k8s.io', 'SubjectAccessReview', {
      user: user.username,
      uid: user.uid,
      groups: user.groups,
      extra: user.extra,
      resourceAttributes: attributes,
    });
    if (answer.kind === 'unanswered') return answer;
    const { status } = answer;
    // `denied` is an authorizer's veto; `allowed` alone is what grants.
    if (status.get('allowed') === true && status.get('denied') !== true) return { kind: 'allowed' };
    const reasons = [text(status.get('reason')), text(status.get('evaluationError'))];
    return { kind: 'denied', reason: reasons.filter((reason) => reason !== '').join('; ') };
  }

  async #review(
    group: string,
    kind: 'TokenReview' | 'SubjectAccessReview',
    spec: object,
  ): Promise<{ readonly kind: 'status'; readonly status: ReadonlyMap<string, unknown> } | Unanswered> {
    const apiVersion = `${group}/v1`;
    try {
      const answer = await this.#client.getJson({
        path: `/apis/${apiVersion}/${kind.toLowerCase()}s`,
        body: { apiVersion, kind, spec },
        signal: AbortSignal.timeout(this.#deadlineMs),
        responseMs: this.#deadlineMs,
        idleMs: this.#deadlineMs,
      });
      return { kind: 'status', status: fields(fields(answer).get('status')) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { kind: 'unanswered', reason: inPublic(error.failure, kind), detail: error.message };
    }
  }
}

function inPublic(failure: ApiFailure, kind: string): string {
  switch (failure.kind) {
    case 'connection':
    case 'silent':
      return 'the API server does not answer';
    case 'credentials':
      return 'the control plane has no credentials for the API server';
    case 'malformed':
      return 'the API server gave an answer that makes no sense';
    case 'refused':
      return failure.status === 403
        ? `the control plane itself may not create a ${kind}: it needs the ClusterRole system:auth-delegator`
        : `the API server answered a ${kind} with status ${failure.status}`;
  }
}

function fields(value: unknown): ReadonlyMap<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : new Map();
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
