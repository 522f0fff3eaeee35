import { afterEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { type TestCluster, deployment, service, testCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function accounts(): readonly string[] {
  return cluster.store
    .list(kinds.serviceAccounts)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

test('every namespace has a service account, also after somebody deletes it', () => {
  cluster = testCluster();
  expect(accounts()).toEqual(['conduit/default', 'default/default', 'kube-system/default']);
  cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  cluster.delete(kinds.serviceAccounts, 'default');
  cluster.clock.settle();
  expect(accounts()).toEqual(['conduit/default', 'default/default', 'kube-system/default', 'shop/default']);
});

test('a namespace goes with everything in it, and comes back empty', () => {
  cluster = testCluster();
  const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const web = deployment('web', { replicas: 3 });
  const front = service('web');
  cluster.apply(shop);
  cluster.apply({ ...web, metadata: { name: 'web', namespace: 'shop' } });
  cluster.apply({ ...front, metadata: { name: 'web', namespace: 'shop' } });
  cluster.clock.advance(1_000);
  expect(cluster.store.list(kinds.pods, 'shop')).toHaveLength(3);

  cluster.delete(kinds.namespaces, 'shop');
  cluster.clock.advance(500);
  expect(cluster.get(kinds.namespaces, 'shop')['status']).toEqual({ phase: 'Terminating' });
  cluster.clock.advance(60_000);
  expect(cluster.store.get(kinds.namespaces, undefined, 'shop')).toBeUndefined();
  const types = [
    kinds.pods,
    kinds.replicaSets,
    kinds.deployments,
    kinds.services,
    kinds.endpointSlices,
    kinds.endpoints,
    kinds.serviceAccounts,
    kinds.events,
  ];
  expect(types.flatMap((type) => cluster.store.list(type, 'shop'))).toEqual([]);

  cluster.apply(shop);
  cluster.clock.settle();
  expect(accounts()).toContain('shop/default');
});
