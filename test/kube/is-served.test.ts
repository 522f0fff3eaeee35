import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.js';
import { findCluster } from '../../src/kube/find-cluster.js';
import { isServed } from '../../src/kube/is-served.js';
import { rawList, rawStatus } from '../kit/kube-objects.js';
import { ScriptedServer } from './scripted-server.js';

let server: ScriptedServer;
let client: ApiClient;

beforeEach(async () => {
  server = await ScriptedServer.start();
  const found = await findCluster({ server: server.url });
  if (!found.ok) throw new Error(found.problem.expected);
  client = new ApiClient({ cluster: found.cluster });
});

afterEach(async () => {
  client.close();
  await server.close();
});

test('whether a resource is served', async () => {
  const { signal } = new AbortController();
  const slices = { path: '/apis/discovery.k8s.io/v1/endpointslices' };
  const yes = isServed(client, slices, signal);
  const ask = await server.next();
  expect([ask.path, ask.query]).toEqual([slices.path, { limit: '1' }]);
  ask.json(rawList([]));
  expect(await yes).toBe(true);
  const no = isServed(client, slices, signal);
  (await server.next()).json(rawStatus(404, 'NotFound'), 404);
  expect(await no).toBe(false);
  const unknown = isServed(client, slices, signal);
  (await server.next()).json(rawStatus(403, 'Forbidden'), 403);
  await expect(unknown).rejects.toMatchObject({ failure: { kind: 'refused', status: 403 } });
});
