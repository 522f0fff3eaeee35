import { expect, test } from 'vitest';
import type { AccessRequest, Authorizer } from '../../../src/sandbox/api/review.js';
import { testApi } from './kit.js';

const tokenReviews = '/apis/authentication.k8s.io/v1/tokenreviews';
const selfReviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const accessReviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const selfAccessReviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

test('by default everybody is sandbox, and may do everything', async () => {
  const { send, get } = await testApi();
  const user = { username: 'sandbox', uid: 'sandbox', groups: ['system:masters', 'system:authenticated'] };
  const token = await send('POST', tokenReviews, { body: { spec: { token: 'x' } } });
  expect(token).toMatchObject({
    code: 201,
    body: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1' },
  });
  expect(token.body.status).toStrictEqual({ authenticated: true, user });
  expect((await send('POST', selfReviews, { body: {} })).body.status).toStrictEqual({ userInfo: user });
  const access = { spec: { user: 'a', resourceAttributes: { verb: 'watch' } } };
  expect((await send('POST', accessReviews, { body: access })).body.status.allowed).toBe(true);
  expect((await get(tokenReviews)).code).toBe(405);
  expect((await send('POST', tokenReviews, { body: '{' })).code).toBe(400);
});

test('an authorizer decides', async () => {
  const asked: AccessRequest[] = [];
  const authorizer: Authorizer = {
    reviewToken: (token, audiences) =>
      token === 'good' && (audiences.length === 0 || audiences.includes('conduit'))
        ? { authenticated: true, user: { username: 'alice' } }
        : { authenticated: false, error: 'unknown token' },
    reviewAccess: (request) => {
      asked.push(request);
      return { allowed: request.user.username === 'alice', reason: 'says the test' };
    },
  };
  const { send } = await testApi({ authorizer });
  const review = async (spec: unknown) => (await send('POST', tokenReviews, { body: { spec } })).body.status;
  expect(await review({ token: 'good', audiences: ['conduit'] })).toStrictEqual({
    authenticated: true,
    user: { username: 'alice' },
    audiences: ['conduit'],
  });
  expect(await review({ token: 'bad' })).toStrictEqual({ authenticated: false, error: 'unknown token' });

  const resourceAttributes = {
    namespace: 'web',
    verb: 'watch',
    group: 'tap.conduit.io',
    resource: 'deployments',
    subresource: 'tap',
  };
  const access = { spec: { user: 'alice', groups: ['dev'], resourceAttributes } };
  const answer = await send('POST', accessReviews, { body: access });
  expect(answer.body).toMatchObject({
    spec: access.spec,
    status: { allowed: true, reason: 'says the test' },
  });
  const self = { spec: { nonResourceAttributes: { path: '/metrics', verb: 'get' } } };
  const headers = { authorization: 'Bearer bad' };
  expect((await send('POST', selfAccessReviews, { body: self, headers })).body.status.allowed).toBe(false);
  expect(asked).toStrictEqual([
    {
      user: { username: 'alice', groups: ['dev'] },
      resource: { ...resourceAttributes, version: '', name: '' },
    },
    {
      user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      nonResource: { path: '/metrics', verb: 'get' },
    },
  ]);
});
