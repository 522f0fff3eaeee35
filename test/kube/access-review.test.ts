import { afterEach, expect, test } from 'vitest';
import { AccessReviews } from '../../src/kube/access-review.js';
import { ApiClient } from '../../src/kube/api-client.js';
import type { Cluster } from '../../src/kube/cluster.js';
import { noCredentials } from '../../src/kube/credentials.js';
import { rawStatus } from '../kit/kube-objects.js';
import { ScriptedServer } from './scripted-server.js';

const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const each of cleanup.splice(0).reverse()) await each();
});

async function lab(deadlineMs = 3_000) {
  const server = await ScriptedServer.start();
  cleanup.push(() => server.close());
  const cluster: Cluster = {
    server: new URL(server.url),
    description: 'test',
    credentials: { get: async () => noCredentials, renew: async (rejected) => rejected },
  };
  const client = new ApiClient({ cluster });
  cleanup.push(() => client.close());
  return { server, reviews: new AccessReviews({ client, deadlineMs }) };
}

const jane = { username: 'jane', uid: 'u1', groups: ['dev'], extra: { 'example.org/scope': ['a', 'b'] } };
const attributes = {
  verb: 'watch',
  group: 'tap.conduit.io',
  version: 'v1alpha1',
  resource: 'deployments',
  subresource: 'tap',
  namespace: 'shop',
  name: 'web',
};

test('a token is reviewed for its audience', async () => {
  const { server, reviews } = await lab();
  const answer = reviews.reviewToken('t', 'tap.conduit.io');
  const ask = await server.next();
  expect([ask.method, ask.path, await ask.body()]).toEqual([
    'POST',
    '/apis/authentication.k8s.io/v1/tokenreviews',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: 't', audiences: ['tap.conduit.io'] },
    },
  ]);
  ask.json({ status: { authenticated: true, user: jane, audiences: ['tap.conduit.io'] } }, 201);
  expect(await answer).toEqual({ kind: 'user', user: jane });
});

test.each([
  [{ authenticated: false, error: 'expired' }, 'expired'],
  [{}, 'the API server does not know it'],
  // A server that looks at no audiences says nothing of them.
  [{ authenticated: true, user: jane }, 'it is not for the audience tap'],
  [{ authenticated: true, user: jane, audiences: ['other'] }, 'it is not for the audience tap'],
  [{ authenticated: true, user: {}, audiences: ['tap'] }, "it is nobody's"],
])('a token is rejected: %j', async (status, reason) => {
  const { server, reviews } = await lab();
  const answer = reviews.reviewToken('t', 'tap');
  (await server.next()).json({ status }, 201);
  expect(await answer).toEqual({ kind: 'rejected', reason });
});

test('access is reviewed with all that is known of the user', async () => {
  const { server, reviews } = await lab();
  const answer = reviews.reviewAccess(jane, attributes);
  const ask = await server.next();
  expect([ask.path, await ask.body()]).toEqual([
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'jane',
        uid: 'u1',
        groups: ['dev'],
        extra: { 'example.org/scope': ['a', 'b'] },
        resourceAttributes: attributes,
      },
    },
  ]);
  ask.json({ status: { allowed: true } }, 201);
  expect(await answer).toEqual({ kind: 'allowed' });
});

test.each([
  [{ allowed: false }, ''],
  [{ allowed: true, denied: true, reason: 'veto' }, 'veto'],
  [{ allowed: false, reason: 'a', evaluationError: 'b' }, 'a; b'],
  [{ allowed: 'true' }, ''],
])('access is denied: %j', async (status, reason) => {
  const { server, reviews } = await lab();
  const answer = reviews.reviewAccess(jane, attributes);
  (await server.next()).json({ status }, 201);
  expect(await answer).toEqual({ kind: 'denied', reason });
});

test('a refusal, silence and an absent server are no answer, and say so without addresses', async () => {
  const { server, reviews } = await lab(100);
  const forbidden = reviews.reviewToken('t', 'tap');
  (await server.next()).json(rawStatus(403, 'Forbidden', 'no'), 403);
  expect(await forbidden).toEqual({
    kind: 'unanswered',
    reason:
      'the control plane itself may not create a TokenReview: it needs the ClusterRole system:auth-delegator',
    detail: 'no',
  });

  const failing = reviews.reviewAccess(jane, attributes);
  (await server.next()).json({}, 500);
  expect(await failing).toMatchObject({
    kind: 'unanswered',
    reason: 'the API server answered a SubjectAccessReview with status 500',
  });

  // Nobody answers this one.
  expect(await reviews.reviewToken('t', 'tap')).toMatchObject({
    kind: 'unanswered',
    reason: 'the API server does not answer',
  });
  await server.close();
  cleanup.shift();
  expect(await reviews.reviewToken('t', 'tap')).toMatchObject({
    kind: 'unanswered',
    reason: 'the API server does not answer',
  });
});
