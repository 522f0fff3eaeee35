import { afterEach, describe, expect, test } from 'vitest';
import * as kinds from '../../../src/sandbox/controllers/kinds.js';
import { at, recordsAt } from '../../../src/sandbox/store/field.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { slicesOf, subsetsOf } from './announced.js';
import { type TestCluster, pod, service, testCluster, workload } from './test-cluster.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

const slices = (name: string): readonly KubeObject[] => slicesOf(cluster, name);
const subsets = (name: string): unknown => subsetsOf(cluster, name);

const labels = { app: 'web' };

describe('ports', () => {
  const container = (port: number): object => ({
    containers: [{ name: 'main', image: 'main:1', ports: [{ name: 'http', containerPort: port }] }],
  });

  test('are found by name in each pod, so pods may serve them on different numbers', () => {
    cluster = testCluster();
    cluster.apply(
      service('web'),
      pod('old', { labels, spec: container(8080) }),
      pod('new', { labels, spec: container(9090) }),
    );
    cluster.clock.advance(1_000);
    const byPort = slices('web').map((slice) => [
      at(slice, 'ports', 0, 'port'),
      recordsAt(slice, 'endpoints').map((one) => at(one, 'targetRef', 'name')),
    ]);
    expect(byPort.toSorted(([left], [right]) => Number(left) - Number(right))).toEqual([
      [8080, ['old']],
      [9090, ['new']],
    ]);
    expect(subsets('web')).toMatchObject([{ ports: [{ port: 8080 }] }, { ports: [{ port: 9090 }] }]);
  });

  test('of a pod that does not name one are missing', () => {
    cluster = testCluster();
    const ports = [
      { name: 'web', port: 80, targetPort: 'http', appProtocol: 'http' },
      { name: 'admin', port: 81, targetPort: 'admin' },
      { name: 'same', port: 82 },
      { name: 'udp', port: 80, targetPort: 'http', protocol: 'UDP' },
    ];
    cluster.apply(service('web', { ports }), pod('one', { labels }));
    cluster.apply(service('lost', { selector: labels, ports: [{ port: 80, targetPort: 'nowhere' }] }));
    cluster.clock.advance(1_000);
    expect(slices('web').map((slice) => slice['ports'])).toEqual([
      [
        { name: 'web', port: 8080, protocol: 'TCP', appProtocol: 'http' },
        { name: 'same', port: 82, protocol: 'TCP' },
      ],
    ]);
    expect(slices('lost')).toMatchObject([{ ports: [], endpoints: [{ targetRef: { name: 'one' } }] }]);
    expect(subsets('lost')).toEqual([]);
  });

  test('of sidecars count', () => {
    cluster = testCluster();
    const initContainers = [
      {
        name: 'proxy',
        image: 'proxy:1',
        restartPolicy: 'Always',
        ports: [{ name: 'admin', containerPort: 4191 }],
      },
      { name: 'setup', image: 'setup:1', ports: [{ name: 'admin', containerPort: 1 }] },
    ];
    cluster.apply(service('web', { ports: [{ port: 80, targetPort: 'admin' }] }));
    cluster.apply(pod('one', { labels, spec: { initContainers } }));
    cluster.clock.advance(1_000);
    expect(slices('web')).toMatchObject([{ ports: [{ port: 4191 }] }]);
  });
});

describe('a headless Service', () => {
  test('names the pods of its StatefulSet', () => {
    cluster = testCluster();
    cluster.apply(service('db', { clusterIP: 'None' }), service('db-web', { selector: { app: 'db' } }));
    cluster.apply(workload('StatefulSet', 'db', { serviceName: 'db', replicas: 2 }));
    cluster.clock.advance(3_000);
    const hostnames = (name: string): unknown =>
      slices(name).flatMap((slice) => recordsAt(slice, 'endpoints').map((one) => one['hostname']));
    expect(hostnames('db')).toEqual(['db-0', 'db-1']);
    expect(hostnames('db-web')).toEqual([undefined, undefined]);
    expect(slices('db')[0]?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
    expect(cluster.get(kinds.endpoints, 'db').metadata.labels).toHaveProperty(
      ['service.kubernetes.io/headless'],
      '',
    );
    expect(subsets('db')).toMatchObject([{ addresses: [{ hostname: 'db-0' }, { hostname: 'db-1' }] }]);
  });

  test('may have no ports at all', () => {
    cluster = testCluster();
    cluster.apply(
      service('db', { clusterIP: 'None', ports: undefined, selector: labels }),
      pod('one', { labels }),
    );
    cluster.clock.advance(1_000);
    expect(slices('db')).toMatchObject([{ ports: [], endpoints: [{ targetRef: { name: 'one' } }] }]);
    expect(subsets('db')).toEqual([{ addresses: [expect.objectContaining({ ip: '127.64.0.1' })] }]);
  });
});
