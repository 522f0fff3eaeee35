import { expect, test } from 'vitest';
import type { ResourceSelection } from '../../src/core/resource.js';
import { authorizeByReview, type Reviews, type TapAttributes } from '../../src/tap/authorize-by-review.js';
import { recordingLog } from '../kit/log.js';

interface User {
  readonly username: string;
}

type TokenAnswer = Awaited<ReturnType<Reviews<User>['reviewToken']>>;
type AccessAnswer = Awaited<ReturnType<Reviews<User>['reviewAccess']>>;

/** An API server that knows the token `good` as jane's, and allows what `access` says. */
function lab({
  access = () => ({ kind: 'allowed' }),
  token = (text) =>
    text === 'good' ? { kind: 'user', user: { username: 'jane' } } : { kind: 'rejected', reason: 'unknown' },
}: {
  readonly access?: (attributes: TapAttributes) => AccessAnswer;
  readonly token?: (token: string) => TokenAnswer;
} = {}) {
  const asked: unknown[] = [];
  let nowMs = 0;
  const log = recordingLog();
  const authorize = authorizeByReview<User>({
    log: log.log,
    nowMs: () => nowMs,
    reviews: {
      reviewToken: async (text, audience) => {
        asked.push([text, audience]);
        return token(text);
      },
      reviewAccess: async ({ username }, attributes) => {
        asked.push([username, attributes]);
        return access(attributes);
      },
    },
  });
  return { authorize, asked, log: log.lines, pass: (ms: number) => void (nowMs += ms) };
}

const web: ResourceSelection = { kind: 'Deployment', namespace: 'shop', name: 'web' };
const anyJob: ResourceSelection = { kind: 'Job', namespace: undefined, name: undefined };

const attributes = (resource: string, namespace: string, name: string): TapAttributes => ({
  verb: 'watch',
  group: 'tap.conduit.io',
  version: 'v1alpha1',
  resource,
  subresource: 'tap',
  namespace,
  name,
});

test('whoever brings a good token and may watch every resource is let in', async () => {
  const { authorize, asked } = lab();
  const namespace: ResourceSelection = { kind: 'Namespace', namespace: undefined, name: 'shop' };
  expect(await authorize({ token: 'good', resources: [web, anyJob, namespace] })).toEqual({
    ok: true,
    user: 'jane',
  });
  expect(asked).toEqual([
    ['good', 'tap.conduit.io'],
    ['jane', attributes('deployments', 'shop', 'web')],
    ['jane', attributes('jobs', '', '')],
    ['jane', attributes('namespaces', 'shop', 'shop')],
  ]);
});

test('without a token, or with one that is not good, nothing else is asked', async () => {
  const { authorize, asked } = lab();
  expect(await authorize({ token: undefined, resources: [web] })).toEqual({
    ok: false,
    code: 'UNAUTHENTICATED',
    details:
      'a token is needed, in metadata `authorization: Bearer TOKEN`, one for the audience tap.conduit.io: kubectl create token SERVICE-ACCOUNT --audience tap.conduit.io',
  });
  expect(asked).toEqual([]);
  expect(await authorize({ token: 'bad', resources: [web] })).toEqual({
    ok: false,
    code: 'UNAUTHENTICATED',
    details: 'the token is not accepted: unknown',
  });
  expect(asked).toEqual([['bad', 'tap.conduit.io']]);
});

test('one resource that is denied is enough, and its name is told', async () => {
  const { authorize } = lab({
    access: ({ resource }) => (resource === 'jobs' ? { kind: 'denied', reason: '' } : { kind: 'allowed' }),
  });
  expect(await authorize({ token: 'good', resources: [web, anyJob] })).toEqual({
    ok: false,
    code: 'PERMISSION_DENIED',
    details: 'user "jane" may not watch jobs/tap in API group tap.conduit.io in all namespaces',
  });
  const vetoed = lab({ access: () => ({ kind: 'denied', reason: 'because' }) });
  expect(await vetoed.authorize({ token: 'good', resources: [web] })).toEqual({
    ok: false,
    code: 'PERMISSION_DENIED',
    details:
      'user "jane" may not watch deployments/tap "web" in API group tap.conduit.io in namespace shop: because',
  });
});

test('an allowed answer is kept for 5 s, a denied one for 1 s', async () => {
  let isAllowed = true;
  const { authorize, asked, pass } = lab({
    access: () => (isAllowed ? { kind: 'allowed' } : { kind: 'denied', reason: '' }),
  });
  const isLetIn = async (): Promise<boolean> => (await authorize({ token: 'good', resources: [web] })).ok;
  expect(await Promise.all([isLetIn(), isLetIn()])).toEqual([true, true]);
  expect(asked).toHaveLength(2);
  isAllowed = false;
  pass(4_999);
  expect(await isLetIn()).toBe(true);
  pass(1);
  expect(await isLetIn()).toBe(false);
  expect(asked).toHaveLength(4);
  isAllowed = true;
  pass(999);
  expect(await isLetIn()).toBe(false);
  pass(1);
  expect(await isLetIn()).toBe(true);
  expect(asked).toHaveLength(5);
});

test('names that look like others are not taken for them', async () => {
  const { authorize, asked } = lab();
  await authorize({ token: 'good', resources: [{ kind: 'Pod', namespace: 'a', name: 'b c' }] });
  await authorize({ token: 'good', resources: [{ kind: 'Pod', namespace: 'a b', name: 'c' }] });
  expect(asked).toHaveLength(3);
});

test('without an answer nobody is let in, and the next one asks again', async () => {
  const unanswered = { kind: 'unanswered', reason: 'it is away', detail: 'ECONNREFUSED 10.0.0.1' } as const;
  let isAway = true;
  const { authorize, log } = lab({ access: () => (isAway ? unanswered : { kind: 'allowed' }) });
  expect(await authorize({ token: 'good', resources: [web] })).toEqual({
    ok: false,
    code: 'UNAVAILABLE',
    details: "whether this is allowed can't be found out: it is away",
  });
  isAway = false;
  expect((await authorize({ token: 'good', resources: [web] })).ok).toBe(true);
  expect(log).toMatchObject([{ level: 'warn', reason: 'ECONNREFUSED 10.0.0.1' }]);
  expect(JSON.stringify(log)).not.toContain('good');
});
