import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, createApiServer } from '../../src/sandbox/api/server.js';
import { type Cluster, startCluster } from '../../src/sandbox/cluster.js';
import * as kinds from '../../src/sandbox/controllers/kinds.js';
import { controllerOf } from '../../src/sandbox/controllers/owner.js';
import { podOf } from '../../src/sandbox/controllers/pod.js';
import { applyManifests } from '../../src/sandbox/manifests/apply.js';
import { loadWithMeshResources } from '../../src/sandbox/manifests/mesh-resources.js';
import { at, numberAt, recordsAt } from '../../src/sandbox/store/field.js';
import type { KubeObject } from '../../src/sandbox/store/object.js';
import { Store } from '../../src/sandbox/store/store.js';
import { until } from '../kit/until.js';
import {
  type TestCluster,
  deployment,
  service,
  template,
  testCluster,
  workload,
} from './controllers/test-cluster.js';

const example = 'examples/corner-shop';

describe('startCluster', () => {
  test('brings nodes over three zones, and namespaces', () => {
    const cluster = testCluster({ nodes: 4 });
    const zones = cluster.store
      .list(kinds.nodes)
      .map(({ metadata }) => [metadata.name, metadata.labels?.['topology.kubernetes.io/zone']]);
    expect(zones).toEqual([
      ['node-1', 'zone-a'],
      ['node-2', 'zone-b'],
      ['node-3', 'zone-c'],
      ['node-4', 'zone-a'],
    ]);
    const [node] = cluster.store.list(kinds.nodes);
    expect(node?.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-1' });
    expect(recordsAt(node, 'status', 'conditions')).toMatchObject([{ type: 'Ready', status: 'True' }]);
    const namespaces = cluster.store.list(kinds.namespaces).map(({ metadata }) => metadata.name);
    expect(namespaces).toEqual(['conduit', 'default', 'kube-system']);
    cluster.stop();
  });

  test('takes the number of nodes, the delays and the networks it is given', () => {
    const cluster = testCluster({
      nodes: 1,
      namespaces: ['default'],
      podReadyDelayMs: 5_000,
      podStopDelayMs: 3_000,
      podNetwork: '127.70.0.0/24',
      serviceNetwork: '127.100.0.0/24',
    });
    cluster.apply(service('web'), deployment('web', { replicas: 1 }));
    cluster.clock.advance(4_999);
    expect(cluster.pods()).toMatchObject([{ ip: '127.70.0.1', ready: false }]);
    cluster.clock.advance(1);
    expect(cluster.pods()).toMatchObject([{ ready: true }]);
    expect(at(cluster.get(kinds.services, 'web'), 'spec', 'clusterIP')).toBe('127.100.0.1');
    cluster.delete(kinds.deployments, 'web');
    cluster.clock.advance(2_999);
    expect(cluster.pods()).toHaveLength(1);
    cluster.clock.advance(1);
    expect(cluster.pods()).toEqual([]);
    cluster.stop();
  });

  test('does nothing more once it is stopped', () => {
    const cluster = testCluster();
    cluster.apply(deployment('web', { replicas: 2 }));
    cluster.stop();
    const version = cluster.store.resourceVersion;
    cluster.clock.advance(60_000);
    cluster.apply(deployment('late', { replicas: 2 }));
    cluster.clock.advance(60_000);
    expect(cluster.store.resourceVersion).toBe(version + 1);
    expect(cluster.clock.pending).toBe(0);
  });

  test('takes up a store where another run left it', () => {
    const first = testCluster();
    first.apply(
      service('web'),
      deployment('web', { replicas: 3 }),
      workload('StatefulSet', 'db', { serviceName: 'db' }),
    );
    first.clock.advance(5_000);
    first.delete(kinds.pods, first.pods()[1]!.name);
    first.stop();
    const left = new Set(first.activePods().map(({ uid, ip }) => `${uid} ${ip}`));

    const second = testCluster({ store: first.store });
    second.clock.advance(5_000);
    expect(second.activePods()).toHaveLength(4);
    expect(second.pods()).toHaveLength(4);
    const now = second.activePods().map(({ uid, ip }) => `${uid} ${ip}`);
    expect(now.filter((one) => left.has(one))).toHaveLength(3);
    expect(new Set(second.activePods().map(({ ip }) => ip)).size).toBe(4);

    const version = second.store.resourceVersion;
    second.stop();
    const third = testCluster({ store: first.store });
    third.clock.advance(60_000);
    expect(third.store.resourceVersion).toBe(version);
    third.stop();
  });
});

describe('whatever happens in whatever order', () => {
  const apps = ['a', 'b', 'c'];
  const policies = ['Foreground', 'Background', 'Orphan'] as const;
  const actions: Record<string, (cluster: TestCluster, one: number, app: string) => void> = {
    deploy: (cluster, one, app) => cluster.apply(deployment(app, { replicas: one })),
    recreate: (cluster, one, app) =>
      cluster.apply(deployment(app, { replicas: one, strategy: { type: 'Recreate' } })),
    statefulSet: (cluster, one, app) =>
      cluster.apply(workload('StatefulSet', app, { serviceName: app, replicas: one })),
    daemonSet: (cluster, _, app) => cluster.apply(workload('DaemonSet', app)),
    service: (cluster, one, app) =>
      cluster.apply(service(app, { type: one % 2 === 0 ? 'NodePort' : 'ClusterIP' })),
    scale: (cluster, one, app) =>
      cluster.patch(kinds.deployments, app, { spec: { replicas: one, paused: one === 3 } }),
    update: (cluster, one, app) => {
      for (const type of [kinds.deployments, kinds.statefulSets, kinds.daemonSets]) {
        cluster.patch(type, app, { spec: { template: template(app, String(one)) } });
      }
    },
    remove: (cluster, one, app) => {
      const propagationPolicy = policies[one % 3] ?? 'Background';
      cluster.delete(kinds.deployments, app, { propagationPolicy });
      cluster.delete(kinds.statefulSets, app, { propagationPolicy });
    },
    kill: (cluster, one, app) =>
      cluster.delete(
        kinds.pods,
        cluster.pods()[one]?.name ?? '',
        app === 'a' ? { gracePeriodSeconds: 0 } : {},
      ),
    relabel: (cluster, one, app) => {
      const { name = '', labels = {} } = cluster.pods()[one] ?? {};
      cluster.patch(kinds.pods, name, { metadata: { labels: { ...labels, app } } });
    },
    loseNode: (cluster, one) => cluster.delete(kinds.nodes, `node-${(one % 3) + 1}`),
    fail: (cluster, one, app) =>
      cluster.patch(kinds.pods, cluster.pods()[one]?.name ?? '', {
        metadata: { annotations: { 'sandbox.conduit.io/ready': String(app === 'b') } },
      }),
    wait: (cluster, one) => cluster.clock.advance(one * 300),
  };
  const step = fc.record({
    action: fc.constantFrom(...Object.values(actions)),
    one: fc.nat(6),
    app: fc.constantFrom(...apps),
  });

  test('the cluster comes to rest, with every pod in its place', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 40 }), (steps) => {
        const cluster = testCluster({ maxEvents: 20 });
        for (const { action, one, app } of steps) attempt(() => action(cluster, one, app));
        cluster.clock.advance(3_600_000);
        const version = cluster.store.resourceVersion;
        cluster.clock.advance(24 * 3_600_000);

        expect(cluster.store.resourceVersion).toBe(version);
        const addresses = cluster.pods().flatMap(({ ip }) => ip ?? []);
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(cluster.pods().filter(({ terminating }) => terminating)).toEqual([]);
        expect(cluster.store.list(kinds.deployments).filter(isDeleted)).toEqual([]);
        for (const set of cluster.store.list(kinds.replicaSets)) {
          const owned = cluster
            .activePods()
            .filter(({ object }) => controllerOf(object)?.uid === set.metadata.uid);
          expect(owned).toHaveLength(numberAt(set, 'spec', 'replicas') ?? -1);
        }
        expect(cluster.complaints.filter((one) => numberAt(one, 'level') === 50)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});

/** Some of what is tried makes no sense at the time; it is refused, and that is that. */
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!/there is no|refused/.test(String(error))) throw error;
  }
}

function isDeleted({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

test('the example application comes up whole', async () => {
  const cluster = testCluster();
  const loaded = await loadWithMeshResources([example]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(applyManifests(cluster.store, loaded.manifests)).toMatchObject({ ok: true });
  cluster.clock.advance(10_000);

  const pods = cluster.store.list(kinds.pods, 'corner-shop').map(podOf);
  expect(pods.every(({ ready }) => ready)).toBe(true);
  const counts: Record<string, number> = {};
  for (const { labels } of pods) counts[labels['app'] ?? ''] = (counts[labels['app'] ?? ''] ?? 0) + 1;
  expect(counts).toEqual({ catalog: 3, mail: 1, orders: 2, shoppers: 2, stock: 3, web: 2 });

  const meshed = pods.filter(({ labels }) => labels['conduit.io/control-plane-ns'] === 'conduit');
  expect(new Set(pods.filter((one) => !meshed.includes(one)).map(({ labels }) => labels['app']))).toEqual(
    new Set(['mail']),
  );
  for (const { object } of meshed) {
    const proxy = recordsAt(object, 'spec', 'containers').find(({ name }) => name === 'conduit-proxy');
    const env = Object.fromEntries(recordsAt(proxy, 'env').map(({ name, value }) => [name, value]));
    // The reference proxy has no transport port, which this would announce.
    expect(env).not.toHaveProperty('LINKERD2_PROXY_INBOUND_LISTEN_ADDR');
    expect(env).toMatchObject({
      LINKERD2_PROXY_ADMIN_LISTEN_ADDR: '0.0.0.0:4191',
      LINKERD2_PROXY_CONTROL_LISTEN_ADDR: '0.0.0.0:4190',
    });
  }
  const ports = cluster.store.list(kinds.endpointSlices, 'corner-shop').map((slice) => [
    slice.metadata.labels?.['kubernetes.io/service-name'],
    recordsAt(slice, 'ports')
      .map(({ name, port }) => `${String(name)}:${String(port)}`)
      .join(),
    recordsAt(slice, 'endpoints').length,
  ]);
  expect(ports).toEqual([
    ['catalog', 'http:8081', 3],
    ['mail', 'smtp:2525', 1],
    ['orders', 'grpc:7000,admin:9000', 2],
    ['stock', 'grpc:7100,peers:7101', 3],
    ['web', 'http:8080', 2],
  ]);
  cluster.stop();
});

const run = promisify(execFile);
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);

describe.skipIf(!hasKubectl)(
  `with kubectl${hasKubectl ? '' : ' (skipped: there is no kubectl here)'}`,
  () => {
    let server: ApiServer;
    let cluster: Cluster;
    const complaints: string[] = [];

    async function kubectl(...args: readonly string[]): Promise<string> {
      const { stdout } = await run('kubectl', [
        '--server',
        server.url,
        '--namespace',
        'corner-shop',
        ...args,
      ]);
      return stdout;
    }

    beforeAll(async () => {
      const store = new Store();
      const log = pino({ level: 'warn' }, { write: (line: string) => complaints.push(line) });
      server = await createApiServer({ store, log });
      cluster = startCluster({ store, log, podReadyDelayMs: 100, podStopDelayMs: 100 });
    });

    afterAll(async () => {
      cluster.stop();
      await server.close();
    });

    test('the example can be applied, watched, scaled, restarted, undone and deleted', async () => {
      await kubectl('apply', '-f', 'examples/mesh-resources');
      const applied = await kubectl('apply', '-f', example);
      expect(applied).toContain('deployment.apps/web created');
      expect(applied).toContain('serviceprofile.linkerd.io/catalog.corner-shop.svc.cluster.local created');
      expect(applied).toContain('server.policy.linkerd.io/stock-peers created');
      expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=10s')).toContain(
        'successfully rolled out',
      );
      expect(await kubectl('rollout', 'status', 'statefulset/stock', '--timeout=10s')).toContain(
        'roll out complete: 3 new pods',
      );
      expect(
        await kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=10s'),
      ).toContain('deployment.apps/orders condition met');
      const wide = await kubectl('get', 'pods', '-o', 'wide', '-l', 'app=web');
      expect(wide).toMatch(/^web-\S+ +2\/2 +Running +0 +\S+ +127\.64\.0\.\d+ +node-[123] /m);

      expect(await kubectl('scale', 'deployment/web', '--replicas=4')).toContain('scaled');
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=10s');
      expect((await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n')).toHaveLength(
        4,
      );

      expect(await kubectl('rollout', 'restart', 'deployment/web')).toContain('restarted');
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=10s');
      expect(await kubectl('rollout', 'undo', 'deployment/web')).toContain('rolled back');
      await kubectl('rollout', 'status', 'deployment/web', '--timeout=10s');
      expect(
        (await kubectl('get', 'replicasets', '-l', 'app=web', '--no-headers')).trim().split('\n'),
      ).toHaveLength(2);
      expect(await kubectl('rollout', 'history', 'deployment/web')).toMatch(/^2 .*\n3 /m);

      await kubectl('delete', 'pod', 'stock-1');
      await kubectl('wait', '--for=condition=Ready', 'pod/stock-1', '--timeout=10s').catch(() => '');
      await until(async () => (await kubectl('get', 'pod', 'stock-1')).includes('2/2'));
      expect(await kubectl('get', 'endpointslices', '-l', 'kubernetes.io/service-name=stock')).toMatch(
        /7100,7101 +127\.64/,
      );

      // Applying again what is there changes nothing.
      expect((await kubectl('apply', '-f', `${example}/catalog.yaml`)).match(/unchanged/g)).toHaveLength(4);
      expect(await kubectl('describe', 'deployment', 'web')).toContain('ScalingReplicaSet');
      await kubectl('delete', 'deployment', 'web', '--cascade=foreground', '--timeout=10s');
      expect(await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).toBe('');
      await kubectl('delete', 'namespace', 'corner-shop', '--timeout=10s');
      await expect(kubectl('get', 'namespace', 'corner-shop')).rejects.toThrow('NotFound');
      expect(complaints).toEqual([]);
    });
  },
);
