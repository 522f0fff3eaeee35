import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.js';
import { findCluster } from '../../src/kube/find-cluster.js';
import { type WatchSet, watchCluster } from '../../src/kube/watch-set.js';
import type { NodeRow, PodRow, ServiceRow, WorkloadOwnerRow } from '../../src/mesh/rows.js';
import { rawList, rawNode, rawReplicaSet, rawStatus } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { ManualClock } from './manual-clock.js';
import { RecordingSink } from './recording-sink.js';
import { type Ask, ScriptedServer } from './scripted-server.js';

let server: ScriptedServer;
let client: ApiClient;
let controller: AbortController;
let clock: ManualClock;

beforeEach(async () => {
  server = await ScriptedServer.start();
  const found = await findCluster({ server: server.url });
  if (!found.ok) throw new Error(found.problem.expected);
  controller = new AbortController();
  clock = new ManualClock();
  client = new ApiClient({ cluster: found.cluster, clock });
});

afterEach(async () => {
  controller.abort();
  client.close();
  await server.close();
});

function watch(sinks: Parameters<typeof watchCluster>[0]['sinks']): WatchSet {
  const { log } = recordingLog();
  return watchCluster({ client, sinks, meshDomain: 'conduit.io', log, signal: controller.signal, clock });
}

async function asks(count: number): Promise<ReadonlyMap<string, Ask>> {
  const taken: Ask[] = [];
  for (let each = 0; each < count; each += 1) taken.push(await server.next());
  return new Map(taken.map((ask) => [ask.path, ask]));
}

test('each kind that has a sink is listed where the API server has it, and is synced with the last of them', async () => {
  const sink = () => new RecordingSink<never>();
  const watches = watch({
    services: sink(),
    backends: { source: 'slices', sink: sink() },
    pods: sink(),
    nodes: sink(),
    replicaSets: sink(),
    jobs: sink(),
    namespaces: sink(),
    controllers: {
      Deployment: sink(),
      StatefulSet: sink(),
      DaemonSet: sink(),
      ReplicationController: sink(),
      CronJob: sink(),
    },
    serviceProfiles: sink(),
    servers: sink(),
    externalWorkloads: sink(),
  });
  const lists = await asks(15);
  expect([...lists.keys()].sort()).toEqual([
    '/api/v1/namespaces',
    '/api/v1/nodes',
    '/api/v1/pods',
    '/api/v1/replicationcontrollers',
    '/api/v1/services',
    '/apis/apps/v1/daemonsets',
    '/apis/apps/v1/deployments',
    '/apis/apps/v1/replicasets',
    '/apis/apps/v1/statefulsets',
    '/apis/batch/v1/cronjobs',
    '/apis/batch/v1/jobs',
    '/apis/discovery.k8s.io/v1/endpointslices',
    '/apis/linkerd.io/v1alpha2/serviceprofiles',
    '/apis/policy.linkerd.io/v1beta3/servers',
    '/apis/workload.linkerd.io/v1beta1/externalworkloads',
  ]);
  let synced = false;
  const waiting = watches.synced.then(() => {
    synced = true;
  });
  for (const [path, ask] of lists) if (path !== '/api/v1/pods') ask.json(rawList([]));
  await until(() => watches.status().filter((each) => each.synced).length === 14);
  expect(synced).toBe(false);
  lists.get('/api/v1/pods')?.json(rawList([]));
  await waiting;
  expect(watches.status().map(({ kind }) => kind)).toEqual([
    'Service',
    'EndpointSlice',
    'Pod',
    'Node',
    'ReplicaSet',
    'Job',
    'Namespace',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ReplicationController',
    'CronJob',
    'ServiceProfile',
    'Server',
    'ExternalWorkload',
  ]);
  controller.abort();
  await watches.done;
  expect(watches.status().every(({ phase }) => phase.kind === 'stopped')).toBe(true);
});

test('of owners only the metadata is asked for; nodes have no namespace', async () => {
  const replicaSets = new RecordingSink<WorkloadOwnerRow>();
  const nodes = new RecordingSink<NodeRow>();
  const watches = watch({ replicaSets, nodes });
  const lists = await asks(2);
  const owners = lists.get('/apis/apps/v1/replicasets');
  expect(owners?.headers.accept).toBe(
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json',
  );
  owners?.json(rawList([rawReplicaSet('web-1', { owners: [{ kind: 'Deployment', name: 'web' }] })]));
  lists.get('/api/v1/nodes')?.json(rawList([rawNode('node-1')]));
  await watches.synced;
  expect(replicaSets.rows).toEqual(
    new Map([['default/web-1', { id: 'default/web-1', owner: { kind: 'Deployment', name: 'web' } }]]),
  );
  expect(nodes.rows).toEqual(new Map([['node-1', { name: 'node-1', zone: undefined, ips: [] }]]));
  const opened = await asks(2);
  expect(opened.get('/apis/apps/v1/replicasets')?.headers.accept).toBe(
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json',
  );
});

test.each([
  ['slices', 'EndpointSlice', '/apis/discovery.k8s.io/v1/endpointslices'],
  ['endpoints', 'Endpoints', '/api/v1/endpoints'],
] as const)('from %s alone are backends taken where that is asked for', async (source, kind, path) => {
  const watches = watch({ backends: { source, sink: new RecordingSink<never>() } });
  for (let each = 0; each < 4; each += 1) {
    const list = await server.next();
    expect(list.path).toBe(path);
    list.json(rawStatus(404, 'NotFound'), 404);
    const { untilMs } = await until(() => {
      const { phase } = watches.status()[0]!;
      return phase.kind === 'backing-off' && phase.reason === 'not-found' ? phase : undefined;
    });
    clock.advance(untilMs - clock.nowMs());
  }
  expect(watches.status()).toMatchObject([{ kind, synced: false }]);
});

test('what isn’t installed counts as synced, and doesn’t hold up the rest', async () => {
  const servers = new RecordingSink<never>();
  const watches = watch({ servers, services: new RecordingSink<never>() });
  const lists = await asks(2);
  lists.get('/apis/policy.linkerd.io/v1beta3/servers')?.json(rawStatus(404, 'NotFound'), 404);
  lists.get('/api/v1/services')?.json(rawList([]));
  await watches.synced;
  expect(servers.verbs).toEqual(['reset']);
  await until(() => watches.status()[1]?.phase.kind === 'absent');
});

test('a bug in one sink ends them all, and isn’t hidden', async () => {
  const sink = new RecordingSink<ServiceRow>();
  sink.reset = () => {
    throw new TypeError('a bug');
  };
  const watches = watch({ services: sink, pods: new RecordingSink<PodRow>() });
  const lists = await asks(2);
  lists.get('/api/v1/services')?.json(rawList([]));
  await expect(watches.done).rejects.toThrow('a bug');
  await expect(watches.synced).rejects.toThrow('a bug');
  expect(watches.status().every(({ phase }) => phase.kind === 'stopped')).toBe(true);
});
