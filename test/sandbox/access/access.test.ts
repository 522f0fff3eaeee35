import { describe, expect, test } from 'vitest';
import { rbacAuthorizer } from '../../../src/sandbox/access/rbac-authorizer.js';
import { ServiceAccountTokens } from '../../../src/sandbox/access/service-account-tokens.js';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { applyManifests } from '../../../src/sandbox/manifests/apply.js';
import { loadManifests } from '../../../src/sandbox/manifests/load.js';
import type { Store } from '../../../src/sandbox/store/store.js';
import { testApi } from '../api/kit.js';
import { namespaces, objectOf, testStore, written } from '../store/kit.js';

const start = Date.parse('2026-01-02T03:04:05Z');

async function lab() {
  const store = testStore();
  let nowMs = start;
  const clock = (): Date => new Date(nowMs);
  const tokens = new ServiceAccountTokens({ store, clock });
  const { send, api } = await testApi({
    store,
    tokens,
    clock,
    authorizer: rbacAuthorizer({ store, tokens }),
  });
  written(store.create(kinds.serviceAccounts, objectOf(kinds.serviceAccounts, 'jane')));
  return {
    store,
    api,
    send,
    pass: (ms: number) => void (nowMs += ms),
    request: (name: string, spec: object = {}) =>
      send('POST', `/api/v1/namespaces/web/serviceaccounts/${name}/token`, { body: { spec } }),
    review: async (token: string, audiences?: readonly string[]) =>
      (
        await send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
          body: { spec: { token, ...(audiences && { audiences }) } },
        })
      ).body.status,
  };
}

describe('tokens of service accounts', () => {
  test('are issued for an audience and a time, and good for those', async () => {
    const { store, request, review, pass } = await lab();
    const asked = await request('jane', { audiences: ['tap.conduit.io', 'b'], expirationSeconds: 600 });
    const { token } = asked.body.status;
    expect(asked).toMatchObject({
      code: 201,
      body: {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { name: 'jane', namespace: 'web' },
        spec: { audiences: ['tap.conduit.io', 'b'], expirationSeconds: 600 },
        status: { token: expect.any(String), expirationTimestamp: '2026-01-02T03:14:05Z' },
      },
    });
    expect(await review(token, ['tap.conduit.io', 'c'])).toEqual({
      authenticated: true,
      audiences: ['tap.conduit.io'],
      user: {
        username: 'system:serviceaccount:web:jane',
        uid: store.get(kinds.serviceAccounts, 'web', 'jane')?.metadata.uid,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:web', 'system:authenticated'],
      },
    });
    expect(await review(token)).toEqual({
      authenticated: false,
      error: 'the token is for tap.conduit.io, b, not for https://kubernetes.default.svc',
    });
    pass(599_999);
    expect((await review(token, ['b'])).authenticated).toBe(true);
    pass(1);
    expect(await review(token, ['b'])).toEqual({ authenticated: false, error: 'the token has expired' });
  });

  test('are for the API server itself where no audience is named', async () => {
    const { request, review } = await lab();
    const { token } = (await request('jane')).body.status;
    expect(await review(token)).toMatchObject({ authenticated: true });
    expect(await review(token)).not.toHaveProperty('audiences');
    expect((await review(token, ['tap.conduit.io'])).authenticated).toBe(false);
  });

  test('are no good once the service account is another', async () => {
    const { store, request, review } = await lab();
    const { token } = (await request('jane')).body.status;
    store.delete(kinds.serviceAccounts, 'web', 'jane');
    const gone = { authenticated: false, error: 'service account web/jane is gone' };
    expect(await review(token)).toEqual(gone);
    written(store.create(kinds.serviceAccounts, objectOf(kinds.serviceAccounts, 'jane')));
    expect(await review(token)).toEqual(gone);
  });

  test('of others are unknown, and so are ones that were changed', async () => {
    const { request, review } = await lab();
    const { token } = (await request('jane')).body.status;
    const [header, , signature] = String(token).split('.');
    const forged = Buffer.from(JSON.stringify({ sub: 'admin' })).toString('base64url');
    for (const bad of [
      '',
      'x',
      'a.b.c',
      `${header}.${forged}.${signature}`,
      `${token}x`.slice(1),
      `${token}.x`,
    ]) {
      expect(await review(bad)).toEqual({
        authenticated: false,
        error: 'the token is not one of this API server',
      });
    }
  });

  test('are refused where nobody is there, or the wish makes no sense', async () => {
    const { request } = await lab();
    expect((await request('nobody')).code).toBe(404);
    expect((await request('jane', { expirationSeconds: 599 })).code).toBe(400);
    expect((await request('jane', { boundObjectRef: { kind: 'Pod', name: 'a' } })).code).toBe(400);
  });
});

describe('RBAC', () => {
  const role = (store: Store, name: string, ...rules: readonly object[]): void => {
    written(store.create(kinds.clusterRoles, objectOf(kinds.clusterRoles, name, { rules })));
  };
  const bind = (store: Store, roleName: string, subject: object, namespace?: string): void => {
    const type = namespace === undefined ? kinds.clusterRoleBindings : kinds.roleBindings;
    const fields = { roleRef: { kind: 'ClusterRole', name: roleName }, subjects: [subject] };
    written(store.create(type, objectOf(type, `${roleName}-binding`, fields)));
  };
  const tapRule = (fields: object = {}): object => ({
    apiGroups: ['tap.conduit.io'],
    resources: ['*/tap'],
    verbs: ['watch'],
    ...fields,
  });
  const asks = { group: 'tap.conduit.io', verb: 'watch', resource: 'deployments', subresource: 'tap' };

  async function access(): Promise<
    Awaited<ReturnType<typeof lab>> & {
      readonly may: (
        attributes: object,
        user?: object,
      ) => Promise<{ readonly allowed: boolean; readonly reason?: string }>;
    }
  > {
    const all = await lab();
    const may = async (attributes: object, user: object = { user: 'jane' }) => {
      const spec = { ...user, resourceAttributes: { ...asks, namespace: 'web', ...attributes } };
      const answer = await all.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body: { spec },
      });
      return answer.body.status;
    };
    return { ...all, may };
  }

  test('nobody may do anything unless a binding says so', async () => {
    const { store, may } = await access();
    expect(await may({})).toEqual({ allowed: false });
    bind(store, 'viewer', { kind: 'User', name: 'jane' });
    expect(await may({})).toEqual({ allowed: false, reason: 'RBAC: ClusterRole "viewer" not found' });
    role(store, 'viewer', tapRule());
    expect(await may({})).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "viewer-binding" of ClusterRole "viewer"',
    });
    expect((await may({}, { user: 'joe' })).allowed).toBe(false);
    expect((await may({}, { user: 'joe', groups: ['system:masters'] })).allowed).toBe(true);
  });

  test('a RoleBinding counts in its namespace', async () => {
    const { store, may } = await access();
    role(store, 'viewer', tapRule());
    bind(store, 'viewer', { kind: 'Group', name: 'dev' }, 'web');
    const dev = { user: 'x', groups: ['dev'] };
    expect((await may({}, dev)).allowed).toBe(true);
    expect((await may({ namespace: 'shop' }, dev)).allowed).toBe(false);
    expect((await may({ namespace: '' }, dev)).allowed).toBe(false);
  });

  test('a Role is found in the namespace of its binding', async () => {
    const { store, may } = await access();
    written(store.create(kinds.roles, objectOf(kinds.roles, 'local', { rules: [tapRule()] })));
    const fields = {
      roleRef: { kind: 'Role', name: 'local' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'web', name: 'jane' }],
    };
    written(store.create(kinds.roleBindings, objectOf(kinds.roleBindings, 'local', fields)));
    expect(await may({}, { user: 'system:serviceaccount:web:jane' })).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "web/local" of Role "local"',
    });
  });

  test.each([
    [tapRule({ resources: ['deployments/tap'] }), true],
    [tapRule({ resources: ['*'] }), true],
    [tapRule({ resources: ['deployments'] }), false],
    [tapRule({ resources: ['*/log'] }), false],
    [tapRule({ apiGroups: ['*'], verbs: ['*'] }), true],
    [tapRule({ apiGroups: ['apps'] }), false],
    [tapRule({ verbs: ['get'] }), false],
    [tapRule({ resourceNames: ['web'] }), true],
    [tapRule({ resourceNames: ['api'] }), false],
  ])('the rule %j: %s', async (rule, allowed) => {
    const { store, may } = await access();
    role(store, 'viewer', rule);
    bind(store, 'viewer', { kind: 'User', name: 'jane' });
    expect((await may({ name: 'web' })).allowed).toBe(allowed);
  });

  test('paths are granted by rules of their own', async () => {
    const { store, send } = await access();
    role(store, 'metrics', { nonResourceURLs: ['/metrics', '/debug/*'], verbs: ['get'] });
    bind(store, 'metrics', { kind: 'User', name: 'jane' });
    const may = async (path: string): Promise<boolean> => {
      const spec = { user: 'jane', nonResourceAttributes: { path, verb: 'get' } };
      const url = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      return (await send('POST', url, { body: { spec } })).body.status.allowed;
    };
    expect(await Promise.all(['/metrics', '/metrics/a', '/debug/a', '/debug'].map(may))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('the manifests of examples/tap-rbac let conduit-tap tap everywhere', async () => {
    const { may, send, store } = await access();
    const loaded = await loadManifests(['examples/tap-rbac']);
    if (!loaded.ok) throw new Error('no manifests');
    written(store.create(namespaces, objectOf(namespaces, 'conduit')));
    expect(applyManifests(store, loaded.manifests)).toMatchObject({ ok: true });
    const asked = await send('POST', '/api/v1/namespaces/conduit/serviceaccounts/conduit-tap/token', {
      body: { spec: { audiences: ['tap.conduit.io'] } },
    });
    expect(asked.code).toBe(201);
    const user = { user: 'system:serviceaccount:conduit:conduit-tap' };
    expect((await may({}, user)).allowed).toBe(true);
    expect((await may({ resource: 'namespaces', namespace: '' }, user)).allowed).toBe(true);
    expect((await may({ subresource: '' }, user)).allowed).toBe(false);
  });
});
