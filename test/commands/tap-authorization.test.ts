import { expect, onTestFinished, test } from 'vitest';
import { tapAuthorization } from '../../src/commands/tap-authorization.js';
import type { ResourceSelection } from '../../src/core/resource.js';
import { ApiClient } from '../../src/kube/api-client.js';
import { findCluster } from '../../src/kube/find-cluster.js';
import { rbacAuthorizer } from '../../src/sandbox/access/rbac-authorizer.js';
import { ServiceAccountTokens } from '../../src/sandbox/access/service-account-tokens.js';
import * as kinds from '../../src/sandbox/controllers/kinds.js';
import { recordingLog } from '../kit/log.js';
import { testApi } from '../sandbox/api/kit.js';
import { objectOf, testStore, written } from '../sandbox/store/kit.js';

const web: ResourceSelection = { kind: 'Deployment', namespace: 'web', name: 'front' };

/** A cluster whose service account web/jane may tap in the namespace web. */
async function lab(authorizesTap = true) {
  const store = testStore();
  const tokens = new ServiceAccountTokens({ store });
  const { api } = await testApi({ store, tokens, authorizer: rbacAuthorizer({ store, tokens }) });
  const rule = { apiGroups: ['tap.conduit.io'], resources: ['deployments/tap'], verbs: ['watch'] };
  written(store.create(kinds.serviceAccounts, objectOf(kinds.serviceAccounts, 'jane')));
  written(store.create(kinds.roles, objectOf(kinds.roles, 'tap', { rules: [rule] })));
  const subjects = [{ kind: 'ServiceAccount', namespace: 'web', name: 'jane' }];
  const roleRef = { kind: 'Role', name: 'tap' };
  written(store.create(kinds.roleBindings, objectOf(kinds.roleBindings, 'tap', { subjects, roleRef })));

  const found = await findCluster({ server: api.url });
  if (!found.ok) throw new Error('no cluster');
  const client = new ApiClient({ cluster: found.cluster });
  onTestFinished(() => client.close());
  const log = recordingLog();
  const authorize = tapAuthorization({ authorizesTap, client, log: log.log });
  const token = (...audiences: readonly string[]): string =>
    tokens.issue({ namespace: 'web', name: 'jane', audiences, expirationSeconds: 600 })?.token ?? '';
  return { api, authorize, token, log: log.lines };
}

test('a service account is let in to what its Role allows, and the questions are asked once', async () => {
  const { api, authorize, token } = await lab();
  const good = token('tap.conduit.io');
  const answers = [1, 2, 3].map(() => authorize({ token: good, resources: [web] }));
  const user = 'system:serviceaccount:web:jane';
  expect(await Promise.all(answers)).toEqual(answers.map(() => ({ ok: true, user })));
  expect(api.traffic.requests({ plural: 'tokenreviews' })).toBe(1);
  expect(api.traffic.requests({ plural: 'subjectaccessreviews' })).toBe(1);

  const elsewhere: ResourceSelection = { kind: 'Deployment', namespace: 'shop', name: undefined };
  expect(await authorize({ token: good, resources: [web, elsewhere] })).toEqual({
    ok: false,
    code: 'PERMISSION_DENIED',
    details:
      'user "system:serviceaccount:web:jane" may not watch deployments/tap in API group tap.conduit.io in namespace shop',
  });
});

test("a token for something else is not let in, and isn't logged", async () => {
  const { authorize, token, log } = await lab();
  const other = token();
  expect(await authorize({ token: other, resources: [web] })).toEqual({
    ok: false,
    code: 'UNAUTHENTICATED',
    details:
      'the token is not accepted: the token is for https://kubernetes.default.svc, not for tap.conduit.io',
  });
  expect(JSON.stringify(log)).not.toContain(other);
});

test('without the API server nobody is let in', async () => {
  const { api, authorize, token } = await lab();
  await api.close();
  expect(await authorize({ token: token('tap.conduit.io'), resources: [web] })).toEqual({
    ok: false,
    code: 'UNAVAILABLE',
    details: "whether this is allowed can't be found out: the API server does not answer",
  });
});

test('where nothing is authorized, everybody is let in', async () => {
  const { api, authorize } = await lab(false);
  expect((await authorize({ token: undefined, resources: [web] })).ok).toBe(true);
  expect(api.traffic.requests()).toBe(0);
});
