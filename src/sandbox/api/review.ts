import { at, isFields, listAt, textAt } from '../store/field.js';

/**
 * The requests that ask the API server a question instead of storing an object. Who may do what is for an `Authorizer` to
 * say: the server itself serves everybody.
 */

export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
}

export type TokenVerdict =
  | {
      readonly authenticated: true;
      readonly user: UserInfo;
      /** Those of the audiences asked for that it is good for. Default: all. */
      readonly audiences?: readonly string[];
    }
  | { readonly authenticated: false; readonly error?: string };

/** authorization.k8s.io/v1 SubjectAccessReviewSpec, as far as it is used. */
export interface AccessRequest {
  readonly user: UserInfo;
  readonly resource?: {
    readonly namespace: string;
    readonly verb: string;
    readonly group: string;
    readonly version: string;
    readonly resource: string;
    readonly subresource: string;
    readonly name: string;
  };
  readonly nonResource?: { readonly path: string; readonly verb: string };
}

export interface AccessVerdict {
  readonly allowed: boolean;
  readonly reason?: string;
}

export interface Authorizer {
  /** Whose token it is; `audiences` is empty where the asker names none. */
  reviewToken(token: string, audiences: readonly string[]): TokenVerdict;
  reviewAccess(request: AccessRequest): AccessVerdict;
}

/** Everybody is `sandbox`, and may do everything. */
export const openAuthorizer: Authorizer = {
  reviewToken: () => ({
    authenticated: true,
    user: { username: 'sandbox', uid: 'sandbox', groups: ['system:masters', 'system:authenticated'] },
  }),
  reviewAccess: () => ({ allowed: true, reason: 'the sandbox allows everything' }),
};

const reviewKinds = {
  tokenreviews: { group: 'authentication.k8s.io', kind: 'TokenReview' },
  selfsubjectreviews: { group: 'authentication.k8s.io', kind: 'SelfSubjectReview' },
  subjectaccessreviews: { group: 'authorization.k8s.io', kind: 'SubjectAccessReview' },
  selfsubjectaccessreviews: { group: 'authorization.k8s.io', kind: 'SelfSubjectAccessReview' },
} as const;

export type ReviewKind = keyof typeof reviewKinds;

/** What discovery says of the reviews. */
export const reviews: readonly {
  readonly plural: ReviewKind;
  readonly group: string;
  readonly kind: string;
}[] = (Object.keys(reviewKinds) as ReviewKind[]).map((plural) => ({ plural, ...reviewKinds[plural] }));

export function reviewKindOf(group: string, version: string, plural: string): ReviewKind | undefined {
  return reviews.find((one) => one.plural === plural && one.group === group && version === 'v1')?.plural;
}

/** Answers a review: the object that was sent, with its status. `bearer` is the token that the request itself came with. */
export function answerReview(
  authorizer: Authorizer,
  kind: ReviewKind,
  body: unknown,
  bearer: string,
): Readonly<Record<string, unknown>> {
  const { group, kind: name } = reviewKinds[kind];
  const spec = at(body, 'spec');
  const answer = { kind: name, apiVersion: `${group}/v1`, metadata: {} };
  switch (kind) {
    case 'tokenreviews': {
      const audiences = texts(spec, 'audiences');
      const verdict = authorizer.reviewToken(textAt(spec, 'token') ?? '', audiences);
      if (!verdict.authenticated) return { ...answer, spec, status: verdict };
      const { audiences: good = audiences, ...user } = verdict;
      return { ...answer, spec, status: { ...user, ...(good.length > 0 && { audiences: good }) } };
    }
    case 'selfsubjectreviews':
      return { ...answer, status: { userInfo: userOf(authorizer, bearer) } };
    case 'subjectaccessreviews': {
      const user = { username: textAt(spec, 'user') ?? '', groups: texts(spec, 'groups') };
      return { ...answer, spec, status: authorizer.reviewAccess(accessRequest(user, spec)) };
    }
    case 'selfsubjectaccessreviews': {
      const user = userOf(authorizer, bearer);
      return { ...answer, spec, status: authorizer.reviewAccess(accessRequest(user, spec)) };
    }
  }
}

function userOf(authorizer: Authorizer, bearer: string): UserInfo {
  const verdict = authorizer.reviewToken(bearer, []);
  return verdict.authenticated
    ? verdict.user
    : { username: 'system:anonymous', groups: ['system:unauthenticated'] };
}

function accessRequest(user: UserInfo, spec: unknown): AccessRequest {
  const resource = at(spec, 'resourceAttributes');
  const nonResource = at(spec, 'nonResourceAttributes');
  const text = (of: unknown, field: string): string => textAt(of, field) ?? '';
  return {
    user,
    ...(isFields(resource) && {
      resource: {
        namespace: text(resource, 'namespace'),
        verb: text(resource, 'verb'),
        group: text(resource, 'group'),
        version: text(resource, 'version'),
        resource: text(resource, 'resource'),
        subresource: text(resource, 'subresource'),
        name: text(resource, 'name'),
      },
    }),
    ...(isFields(nonResource) && {
      nonResource: { path: text(nonResource, 'path'), verb: text(nonResource, 'verb') },
    }),
  };
}

function texts(value: unknown, field: string): readonly string[] {
  return listAt(value, field).filter((one): one is string => typeof one === 'string');
}
