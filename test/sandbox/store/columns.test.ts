import { describe, expect, test } from 'vitest';
import { humanDuration } from '../../../src/sandbox/store/duration.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
import { resourceByKind } from '../../../src/sandbox/store/resource.js';
import { deployments, namespaces, nodes, objectOf, pods, services, typeOf } from './kit.js';

const now = new Date('2026-01-02T03:04:05Z');

/** The cells of an object by column, as `kubectl get -o wide` would print them. */
function cells(object: KubeObject): Readonly<Record<string, unknown>> {
  const { columns } = resourceByKind(object.apiVersion, object.kind)!;
  return Object.fromEntries(columns.map((column) => [column.name, column.cell(object, now)]));
}

const created = { metadata: { creationTimestamp: '2026-01-02T02:04:05Z' } };

describe('a pod', () => {
  const pod = (fields: object, metadata: object = {}): KubeObject =>
    objectOf(pods, 'p', {
      spec: { containers: [{ name: 'a' }, { name: 'b' }] },
      ...fields,
      metadata: { ...created.metadata, ...metadata },
    });
  const running = (restartCount = 0, ready = true) => ({ ready, restartCount, state: { running: {} } });
  const waiting = (reason: string) => ({ restartCount: 0, state: { waiting: { reason } } });
  const ended = (terminated: object) => ({ restartCount: 0, state: { terminated } });
  const summary = (fields: object, metadata: object = {}) => {
    const found = cells(pod(fields, metadata));
    return `${String(found['Ready'])} ${String(found['Status'])} ${String(found['Restarts'])}`;
  };

  test.each([
    ['that nothing is known of', {}, '0/2  0'],
    ['pending', { status: { phase: 'Pending' } }, '0/2 Pending 0'],
    [
      'running',
      { status: { phase: 'Running', containerStatuses: [running(), running(2)] } },
      '2/2 Running 2',
    ],
    [
      'running, one not ready',
      { status: { phase: 'Running', containerStatuses: [running(), running(0, false)] } },
      '1/2 Running 0',
    ],
    [
      'that crashes',
      {
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              restartCount: 3,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { finishedAt: '2026-01-02T03:03:35Z' } },
            },
          ],
        },
      },
      '0/2 CrashLoopBackOff 3 (30s ago)',
    ],
    [
      'that waits for an image',
      { status: { phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] } },
      '0/2 ImagePullBackOff 0',
    ],
    [
      'completed',
      { status: { phase: 'Succeeded', containerStatuses: [ended({ reason: 'Completed' })] } },
      '0/2 Completed 0',
    ],
    [
      'completed in part',
      { status: { phase: 'Running', containerStatuses: [ended({ reason: 'Completed' }), running()] } },
      '1/2 NotReady 0',
    ],
    [
      'completed in part, and ready',
      {
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [ended({ reason: 'Completed' }), running()],
        },
      },
      '1/2 Running 0',
    ],
    [
      'that failed',
      { status: { phase: 'Failed', containerStatuses: [ended({ exitCode: 3 })] } },
      '0/2 ExitCode:3 0',
    ],
    [
      'that was killed',
      { status: { phase: 'Failed', containerStatuses: [ended({ signal: 9, exitCode: 137 })] } },
      '0/2 Signal:9 0',
    ],
    ['evicted', { status: { phase: 'Failed', reason: 'Evicted' } }, '0/2 Evicted 0'],
    [
      'gated',
      { status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] } },
      '0/2 SchedulingGated 0',
    ],
  ])('%s', (_, fields, expected) => {
    expect(summary(fields)).toBe(expected);
  });

  test('in deletion is terminating, unless it has ended', () => {
    const metadata = { deletionTimestamp: '2026-01-02T03:04:35Z' };
    expect(summary({ status: { phase: 'Running' } }, metadata)).toBe('0/2 Terminating 0');
    expect(summary({ status: { phase: 'Succeeded' } }, metadata)).toBe('0/2 Succeeded 0');
    expect(summary({ status: { phase: 'Running', reason: 'NodeLost' } }, metadata)).toBe('0/2 Unknown 0');
  });

  test('with init containers tells how far they are', () => {
    const spec = { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] };
    const init = (...initContainerStatuses: readonly object[]) =>
      summary({ spec, status: { phase: 'Pending', initContainerStatuses } });
    expect(init({ restartCount: 0, state: { running: {} } })).toBe('0/1 Init:0/2 0');
    expect(init(ended({ exitCode: 0 }), waiting('PodInitializing'))).toBe('0/1 Init:1/2 0');
    expect(init(waiting('ErrImagePull'))).toBe('0/1 Init:ErrImagePull 0');
    expect(init(ended({ exitCode: 1, reason: 'Error' }))).toBe('0/1 Init:Error 0');
    expect(init(ended({ exitCode: 2 }))).toBe('0/1 Init:ExitCode:2 0');
  });

  test('counts its sidecars', () => {
    const spec = { containers: [{ name: 'a' }], initContainers: [{ name: 's', restartPolicy: 'Always' }] };
    const status = {
      phase: 'Running',
      conditions: [{ type: 'Initialized', status: 'True' }],
      initContainerStatuses: [
        { name: 's', started: true, ready: true, restartCount: 1, state: { running: {} } },
      ],
      containerStatuses: [running()],
    };
    expect(summary({ spec, status })).toBe('2/2 Running 1');
  });

  test('shows where it runs', () => {
    const spec = {
      containers: [{ name: 'a' }],
      nodeName: 'n1',
      readinessGates: [{ conditionType: 'x' }, { conditionType: 'y' }],
    };
    const status = { podIP: '10.0.0.1', conditions: [{ type: 'x', status: 'True' }] };
    expect(cells(pod({ spec, status }))).toMatchObject({
      Age: '60m',
      IP: '10.0.0.1',
      Node: 'n1',
      'Nominated Node': '<none>',
      'Readiness Gates': '1/2',
    });
  });
});

test('a service', () => {
  const service = (spec: object, status: object = {}) =>
    cells(objectOf(services, 's', { ...created, spec, status }));
  expect(
    service({
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }],
      selector: { b: '2', a: '1' },
    }),
  ).toStrictEqual({
    Name: 's',
    Type: 'ClusterIP',
    'Cluster-IP': '10.0.0.1',
    'External-IP': '<none>',
    'Port(s)': '80/TCP,53/UDP',
    Age: '60m',
    Selector: 'a=1,b=2',
  });
  const balanced = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30_080, protocol: 'TCP' }] };
  expect(service(balanced)).toMatchObject({ 'External-IP': '<pending>', 'Port(s)': '80:30080/TCP' });
  expect(service(balanced, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } })).toMatchObject({
    'External-IP': '1.2.3.4',
  });
  expect(service({ type: 'ExternalName', externalName: 'a.com' })).toMatchObject({
    'Cluster-IP': '<none>',
    'External-IP': 'a.com',
    'Port(s)': '<none>',
    Selector: '<none>',
  });
});

test('endpoints and slices show the first three', () => {
  const addresses = ['1', '2', '3', '4', '5'].map((last) => `10.0.0.${last}`);
  const endpoints = (subsets: unknown) =>
    cells(objectOf(typeOf('v1', 'Endpoints'), 'e', { subsets }))['Endpoints'];
  expect(endpoints(undefined)).toBe('<none>');
  expect(endpoints([{ addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }] }])).toBe(
    '10.0.0.1:80,[fd00::1]:80',
  );
  expect(endpoints([{ addresses: addresses.map((ip) => ({ ip })) }])).toBe(
    '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...',
  );
  const slice = (fields: Readonly<Record<string, unknown>>) =>
    cells(objectOf(typeOf('discovery.k8s.io/v1', 'EndpointSlice'), 'e', fields));
  expect(
    slice({ addressType: 'IPv4', ports: [{ port: 80 }, { name: 'x' }], endpoints: [{ addresses }] }),
  ).toMatchObject({
    AddressType: 'IPv4',
    Ports: '80,x',
    Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...',
  });
  expect(slice({})).toMatchObject({ Ports: '<unset>', Endpoints: '<unset>' });
});

test('workloads', () => {
  const template = {
    spec: {
      containers: [
        { name: 'a', image: 'a:1' },
        { name: 'b', image: 'b:1' },
      ],
    },
  };
  const selector = {
    matchLabels: { app: 'x' },
    matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['b', 'a'] }],
  };
  const spec = { replicas: 3, selector, template };
  const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 };
  expect(cells(objectOf(deployments, 'd', { ...created, spec, status }))).toStrictEqual({
    Name: 'd',
    Ready: '2/3',
    'Up-to-date': 1,
    Available: 2,
    Age: '60m',
    Containers: 'a,b',
    Images: 'a:1,b:1',
    Selector: 'app=x,env notin (a,b)',
  });
  expect(cells(objectOf(typeOf('apps/v1', 'ReplicaSet'), 'r', { spec, status }))).toMatchObject({
    Desired: 3,
    Current: 3,
    Ready: 2,
  });
  expect(cells(objectOf(typeOf('apps/v1', 'StatefulSet'), 's', { spec, status }))).toMatchObject({
    Ready: '2/3',
  });
  const daemon = { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 2 };
  expect(cells(objectOf(typeOf('apps/v1', 'DaemonSet'), 'd', { spec, status: daemon }))).toMatchObject({
    Desired: 3,
    Current: 3,
    Ready: 2,
    'Up-to-date': 0,
    'Node Selector': '<none>',
  });
});

test('jobs', () => {
  const jobs = typeOf('batch/v1', 'Job');
  const job = (spec: object, status: object) => {
    const { Status, Completions, Duration } = cells(objectOf(jobs, 'j', { spec, status }));
    return [Status, Completions, Duration];
  };
  const startTime = '2026-01-02T03:03:05Z';
  const done = {
    startTime,
    completionTime: '2026-01-02T03:03:25Z',
    succeeded: 1,
    conditions: [{ type: 'Complete', status: 'True' }],
  };
  expect(job({ completions: 1 }, done)).toStrictEqual(['Complete', '1/1', '20s']);
  expect(job({ parallelism: 3 }, { startTime })).toStrictEqual(['Running', '0/1 of 3', '60s']);
  expect(job({}, { conditions: [{ type: 'Suspended', status: 'True' }] })).toStrictEqual([
    'Suspended',
    '0/1',
    '',
  ]);
  const cron = objectOf(typeOf('batch/v1', 'CronJob'), 'c', {
    spec: { schedule: '@daily' },
    status: { active: [{}], lastScheduleTime: startTime },
  });
  expect(cells(cron)).toMatchObject({
    Schedule: '@daily',
    Suspend: 'False',
    Active: 1,
    'Last Schedule': '60s',
    Timezone: '<none>',
  });
});

test('nodes and namespaces', () => {
  const node = objectOf(nodes, 'n', {
    metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'worker' } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      nodeInfo: { kubeletVersion: 'v1.32.0' },
    },
  });
  expect(cells(node)).toMatchObject({
    Status: 'Ready,SchedulingDisabled',
    Roles: 'control-plane,worker',
    Age: '<unknown>',
    Version: 'v1.32.0',
    'Internal-IP': '10.0.0.1',
    'External-IP': '<none>',
    'OS-Image': '<unknown>',
  });
  expect(cells(objectOf(nodes, 'n'))).toMatchObject({ Status: 'Unknown', Roles: '<none>' });
  expect(cells(objectOf(namespaces, 'n', { status: { phase: 'Active' } }))).toMatchObject({
    Status: 'Active',
  });
});

test('events, roles and bindings', () => {
  const event = objectOf(typeOf('v1', 'Event'), 'e', {
    involvedObject: { kind: 'Pod', name: 'p' },
    type: 'Normal',
    reason: 'Started',
    message: 'Started it\n',
    firstTimestamp: '2026-01-02T03:02:05Z',
    lastTimestamp: '2026-01-02T03:03:05Z',
    source: { component: 'kubelet', host: 'n1' },
  });
  expect(cells(event)).toMatchObject({
    'Last Seen': '60s',
    Object: 'pod/p',
    Message: 'Started it',
    'First Seen': '2m',
    Source: 'kubelet, n1',
    Count: 1,
  });
  const binding = objectOf(typeOf('rbac.authorization.k8s.io/v1', 'RoleBinding'), 'b', {
    roleRef: { kind: 'Role', name: 'r' },
    subjects: [
      { kind: 'User', name: 'u' },
      { kind: 'ServiceAccount', name: 's', namespace: 'web' },
    ],
  });
  expect(cells(binding)).toMatchObject({ Role: 'Role/r', Users: 'u', Groups: '', ServiceAccounts: 'web/s' });
});

test.each([
  [-5, '<invalid>'],
  [-1.5, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [330, '5m30s'],
  [599, '9m59s'],
  [600, '10m'],
  [10_799, '179m'],
  [10_800, '3h'],
  [11_520, '3h12m'],
  [28_800, '8h'],
  [172_799, '47h'],
  [172_800, '2d'],
  [187_200, '2d4h'],
  [691_200, '8d'],
  [63_071_999, '729d'],
  [63_072_000, '2y'],
  [98_064_000, '3y40d'],
  [315_360_000, '10y'],
])('%d seconds are %s', (seconds, text) => {
  expect(humanDuration(seconds * 1_000)).toBe(text);
});
