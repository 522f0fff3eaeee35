import { afterEach, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { at, recordsAt } from '../../../src/sandbox/store/field.js';
import { type TestCluster, service, testCluster } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

function spec(name: string): unknown {
  return cluster.get(kinds.services, name)['spec'];
}

function clusterIp(name: string): unknown {
  return at(spec(name), 'clusterIP');
}

test('gives each Service an address of its own, but those that want none', () => {
  cluster = testCluster();
  cluster.apply(
    service('a'),
    service('b'),
    service('headless', { clusterIP: 'None' }),
    service('elsewhere', { type: 'ExternalName', externalName: 'example.com', selector: undefined }),
  );
  cluster.clock.settle();
  expect(spec('a')).toEqual({
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    clusterIP: '127.96.0.1',
    clusterIPs: ['127.96.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    selector: { app: 'a' },
    ports: [{ protocol: 'TCP', port: 80, targetPort: 'http' }],
  });
  expect(clusterIp('b')).toBe('127.96.0.2');
  expect(spec('headless')).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
  expect(clusterIp('elsewhere')).toBeUndefined();
  expect(at(spec('elsewhere'), 'ipFamilies')).toBeUndefined();
});

test('leaves addresses that were asked for, and gives them to nobody else', () => {
  cluster = testCluster();
  cluster.apply(
    service('asks', { clusterIP: '127.96.0.1' }),
    service('foreign', { clusterIP: '10.1.2.3' }),
    service('other'),
  );
  cluster.clock.settle();
  expect(['asks', 'foreign', 'other'].map(clusterIp)).toEqual(['127.96.0.1', '10.1.2.3', '127.96.0.2']);

  cluster.apply(service('thief', { clusterIP: '127.96.0.2' }));
  cluster.clock.settle();
  expect(cluster.events('thief')).toEqual([
    'AlreadyAllocated: The cluster IP 127.96.0.2 or a node port belongs to another Service already',
  ]);
});

test('an address can be asked for again once its Service is gone', () => {
  cluster = testCluster();
  cluster.apply(service('a'));
  cluster.clock.settle();
  cluster.delete(kinds.services, 'a');
  cluster.apply(service('a', { clusterIP: '127.96.0.1' }));
  cluster.clock.settle();
  expect(clusterIp('a')).toBe('127.96.0.1');
  expect(cluster.events('a')).toEqual([]);
  cluster.apply(service('b'));
  cluster.clock.settle();
  expect(clusterIp('b')).toBe('127.96.0.2');
});

test('gives node ports to the types that have them, and takes them back', () => {
  cluster = testCluster();
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81, nodePort: 30_000 },
  ];
  const nodePorts = (name: string): unknown => recordsAt(spec(name), 'ports').map(({ nodePort }) => nodePort);
  cluster.apply(service('open', { type: 'NodePort', ports }));
  cluster.apply(service('balanced', { type: 'LoadBalancer' }));
  cluster.apply(service('direct', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }));
  cluster.clock.settle();
  expect([nodePorts('open'), nodePorts('balanced'), nodePorts('direct')]).toEqual([
    [30_001, 30_000],
    [30_002],
    [undefined],
  ]);

  cluster.patch(kinds.services, 'open', { spec: { type: 'ClusterIP' } });
  cluster.clock.settle();
  expect(nodePorts('open')).toEqual([undefined, undefined]);
});

test('a Service that becomes an alias gives its address up', () => {
  cluster = testCluster();
  cluster.apply(service('a'));
  cluster.clock.settle();
  cluster.patch(kinds.services, 'a', { spec: { type: 'ExternalName', externalName: 'example.com' } });
  cluster.clock.settle();
  expect(clusterIp('a')).toBeUndefined();
  cluster.patch(kinds.services, 'a', { spec: { type: 'ClusterIP' } });
  cluster.clock.settle();
  expect(clusterIp('a')).toBe('127.96.0.2');
});

test('Services of an earlier run keep what they have', () => {
  cluster = testCluster();
  cluster.apply(service('a'), service('b', { type: 'NodePort' }));
  cluster.clock.settle();
  const before = [spec('a'), spec('b')];
  cluster.stop();
  cluster = testCluster({ store: cluster.store });
  cluster.apply(service('c', { type: 'NodePort' }));
  cluster.clock.settle();
  expect([spec('a'), spec('b')]).toEqual(before);
  expect(spec('c')).toMatchObject({ clusterIP: '127.96.0.3', ports: [{ nodePort: 30_001 }] });
});
