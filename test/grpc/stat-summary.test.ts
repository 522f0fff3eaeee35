import { credentials, type ServiceError } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { namespaceName, podId } from '../../src/core/ids.js';
import {
  ApiClient,
  type StatRow,
  StatSummaryRequest,
  type StatSummaryResponse,
} from '../../src/gen/conduit/api/v1/api.js';
import { ResourceKind, type ResourceSelection } from '../../src/gen/conduit/api/v1/resource.js';
import { Direction, Measure } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { createApiService } from '../../src/grpc/api.js';
import { createGrpcMetrics } from '../../src/grpc/metrics.js';
import { createGrpcServer, type GrpcServer } from '../../src/grpc/server.js';
import { createEmbeddedSource } from '../../src/stats/embedded-source.js';
import { Reporters } from '../../src/telemetry/reporters.js';
import { createReportingPods } from '../../src/telemetry/reporting-pods.js';
import { refusal } from '../kit/api.js';
import { recordingLog } from '../kit/log.js';
import { testMesh } from '../kit/mesh.js';
import { controllerRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';
import { apply, boundsMs, type PlainReport, series } from '../telemetry/reports.js';

/** What the embedded store answers, asked over a real socket. The cluster, its traffic, and the clock are the test's. */

const startMs = 1_700_000_000_000;
const clock = { nowMs: startMs };
const mesh = testMesh();
const pods = createReportingPods(mesh);
const reporters = new Reporters({
  nowMs: () => clock.nowMs,
  pod: (id) => pods.pod(id),
  podAt: (ip) => pods.podAt(ip),
});
let server: GrpcServer;
let api: ApiClient;

beforeAll(async () => {
  mesh.apply(
    { namespace: { name: namespaceName('shop') } },
    { namespace: { name: namespaceName('empty') } },
    ...['web', 'api', 'idle'].flatMap((name) => [
      { kind: 'Deployment' as const, controller: controllerRow(name) },
      { replicaSet: `${name}-5d4`, owner: { kind: 'Deployment', name } },
    ]),
    ...['web-1', 'web-2', 'api-1'].map((name, index) => ({
      pod: podRow(name, {
        ips: [`10.0.0.${index + 1}`],
        owner: { kind: 'ReplicaSet', name: `${name.slice(0, 3)}-5d4` },
        labels: { app: name.slice(0, 3), ordinal: name.slice(4) },
        controlPlaneNamespace: name === 'web-2' ? undefined : 'conduit',
      }),
    })),
    { service: serviceRow('api') },
    { service: serviceRow('unused') },
    { slice: sliceRow('api', 'a', [podBackend('10.0.0.3', 'api-1')]) },
  );
  const api1 = { peerIp: '10.0.0.3', tls: 2 as const };
  const failed = { httpStatus: 500, grpcStatus: undefined, isFailure: true };
  const latency = { measure: Measure.RESPONSE_LATENCY };
  const reports: Record<string, PlainReport> = {
    'web-1': {
      series: [
        series(1, api1),
        series(2, { ...api1, outcome: failed }),
        series(3, { ...api1, ...latency }),
        series(4, { ...api1, measure: Measure.TCP_OPENS }),
        series(5, { ...api1, measure: Measure.TCP_OPEN_CONNECTIONS }),
        series(6, { ...api1, measure: Measure.TCP_READ_BYTES }),
        series(7, { ...api1, measure: Measure.TCP_WRITTEN_BYTES }),
        // To somewhere outside of the cluster.
        series(8, { authority: 'example.com:80', peerIp: '192.0.2.1' }),
      ],
      values: { 1: 90, 2: 10, 4: 3, 5: 2, 6: 5_000, 7: 700, 8: 4 },
      latencies: { 3: [50, 30, 20, 0] },
    },
    'web-2': {
      series: [series(1, { peerIp: '10.0.0.3' }), series(2, { peerIp: '10.0.0.3', ...latency })],
      values: { 1: 20 },
      latencies: { 2: [20, 0, 0, 0] },
    },
    'api-1': {
      series: [
        series(1, { direction: Direction.INBOUND, authority: '', peerIp: '10.0.0.1', tls: 2 }),
        series(2, { direction: Direction.INBOUND, authority: '', peerIp: '10.0.0.2' }),
        series(3, {
          direction: Direction.INBOUND,
          authority: '',
          peerIp: '10.0.0.1',
          tls: 2,
          outcome: failed,
        }),
      ],
      values: { 1: 90, 2: 20, 3: 10 },
    },
  };
  clock.nowMs += 2_000;
  for (const [pod, report] of Object.entries(reports)) {
    const id = podId('shop', pod);
    const end = pods.pod(id);
    if (end === undefined) throw new Error(pod);
    apply(reporters.introduce(id, end, { namespace: 'shop', pod, epochMs: startMs, boundsMs }), report);
  }
  for (let turn = 0; turn < 6; turn++) {
    clock.nowMs += 5_000;
    reporters.turn();
  }
  server = await createGrpcServer({
    name: 'tooling',
    address: { host: '127.0.0.1', port: 0 },
    services: [
      createApiService({
        mesh,
        clusterDomain: 'cluster.local',
        version: '1.2.3',
        statSource: createEmbeddedSource({
          reporters,
          mesh,
          clusterDomain: 'cluster.local',
          nowMs: () => clock.nowMs,
        }),
        lastReportMs: (pod) => reporters.get(pod)?.reportedAtMs,
        selfCheck: () => [],
        vocabulary: () => ({ backendsKind: 'EndpointSlice', meshDomain: 'conduit.io' }),
      }),
    ],
    log: recordingLog().log,
    metrics: createGrpcMetrics(new Registry()),
  });
  api = new ApiClient(server.address, credentials.createInsecure());
});

afterAll(async () => {
  api.close();
  await server.drain({ graceMs: 0 });
  mesh.engine.close();
});

type Ask = Parameters<typeof StatSummaryRequest.fromPartial>[0];

function summary(request: Ask): Promise<StatSummaryResponse> {
  return new Promise((resolve, reject) => {
    api.statSummary(StatSummaryRequest.fromPartial(request), (error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

function select(kind: ResourceKind, fields: Partial<ResourceSelection> = {}): ResourceSelection {
  return { kind, namespace: 'shop', name: '', labelSelector: '', ...fields };
}

const window = { seconds: 60n, nanos: 0 };

/** Each row as `namespace/name meshed/running: successes+failures (mutual TLS)`. */
function line({ resource, pods: counts, http }: StatRow): string {
  const name = `${resource?.namespace ?? ''}/${resource?.name ?? ''}`;
  const meshed = counts === undefined ? '-' : `${counts.meshed}/${counts.running}`;
  return `${name} ${meshed}: ${http === undefined ? '-' : `${http.successes}+${http.failures} (${http.mutualTls})`}`;
}

async function lines(request: Ask): Promise<readonly string[]> {
  const { tables } = await summary({ window, ...request });
  return tables.flatMap(({ rows }) => rows.map(line));
}

const api1 = 'shop/api 1/1: 110+10 (100)';
const web = 'shop/web 1/2: 110+10 (100)';
const quiet = ['shop/idle 0/0: -', 'shop/web 1/2: -'];

test.each<[string, Ask, readonly string[]]>([
  [
    'what Deployments were asked, and those that nobody asked',
    { selections: [select(ResourceKind.DEPLOYMENT)] },
    [api1, ...quiet],
  ],
  [
    'one of them',
    {
      selections: [select(ResourceKind.DEPLOYMENT, { name: 'api' })],
    },
    [api1],
  ],
  [
    'what Deployments asked of a service',
    {
      selections: [select(ResourceKind.DEPLOYMENT)],
      edge: { $case: 'to', value: select(ResourceKind.SERVICE) },
    },
    [web],
  ],
  [
    'what Deployments asked of Deployments, by who was asked',
    {
      selections: [select(ResourceKind.DEPLOYMENT)],
      edge: { $case: 'from', value: select(ResourceKind.DEPLOYMENT) },
    },
    [api1],
  ],
  [
    'pods that asked',
    { selections: [select(ResourceKind.POD)], edge: { $case: 'to', value: select(ResourceKind.DEPLOYMENT) } },
    ['shop/web-1 1/1: 90+10 (100)', 'shop/web-2 0/1: 20+0 (0)'],
  ],
  [
    'services by what clients asked for',
    { selections: [select(ResourceKind.SERVICE)] },
    [api1, 'shop/unused 0/0: -'],
  ],
  [
    'authorities, those outside of the cluster as well',
    { selections: [select(ResourceKind.AUTHORITY)] },
    ['shop/api.shop.svc.cluster.local:80 -: 110+10 (100)', 'shop/example.com:80 -: 4+0 (0)'],
  ],
  [
    'pods with certain labels',
    { selections: [select(ResourceKind.POD, { labelSelector: 'ordinal=1' })] },
    ['shop/api-1 1/1: 110+10 (100)', 'shop/web-1 1/1: -'],
  ],
  [
    'several tables at once',
    {
      selections: [
        select(ResourceKind.NAMESPACE, { namespace: '', name: 'shop' }),
        select(ResourceKind.POD, { labelSelector: 'app=api' }),
      ],
    },
    ['/shop 2/3: 110+10 (100)', 'shop/api-1 1/1: 110+10 (100)'],
  ],
])('%s', async (_name, request, expected) => {
  expect(await lines(request)).toEqual(expected);
});

test('latencies are quantiles of all buckets of a row, and TCP is told by those who asked', async () => {
  const { tables } = await summary({
    selections: [select(ResourceKind.DEPLOYMENT)],
    window,
    edge: { $case: 'to', value: select(ResourceKind.DEPLOYMENT) },
  });
  const [row] = tables[0]?.rows ?? [];
  expect(row?.http?.latencyP50Ms).toBeCloseTo((10 * 60) / 70, 9);
  expect(row?.http?.latencyP95Ms).toBeCloseTo(730, 9);
  expect(row?.http?.latencyP99Ms).toBeCloseTo(946, 9);
  expect(row?.tcp).toEqual({ openConnections: 2, readBytes: 700, writtenBytes: 5_000 });
});

test('the answer says what it covers, and that this process hasn’t known more', async () => {
  const { window: covered, incompleteBecause } = await summary({
    selections: [select(ResourceKind.DEPLOYMENT)],
    window: { seconds: 600n, nanos: 0 },
  });
  expect(covered).toEqual({ seconds: 32n, nanos: 0 });
  expect(incompleteBecause).toBe('this control plane has known of traffic for 32 s only');
  // Everything has happened in the first of the frames.
  expect(
    await lines({ selections: [select(ResourceKind.DEPLOYMENT)], window: { seconds: 10n, nanos: 0 } }),
  ).toEqual(['shop/api 1/1: -', ...quiet]);
});

test.each<[string, Ask, string]>([
  ['nothing', {}, 'INVALID_ARGUMENT: selections: none; expected at least one'],
  [
    'too short a window',
    { selections: [select(ResourceKind.POD)], window: { seconds: 5n } },
    'INVALID_ARGUMENT: window: 5 s; expected from 10 s to 1 h',
  ],
  [
    'too long a window',
    { selections: [select(ResourceKind.POD)], window: { seconds: 7_200n } },
    'INVALID_ARGUMENT: window: 7200 s; expected from 10 s to 1 h',
  ],
  [
    'too much at once',
    { selections: Array.from({ length: 101 }, () => select(ResourceKind.POD)) },
    'INVALID_ARGUMENT: selections: 101; expected at most 100',
  ],
  [
    'a service that asks',
    { selections: [select(ResourceKind.SERVICE)], edge: { $case: 'to', value: select(ResourceKind.POD) } },
    'INVALID_ARGUMENT: selections[0].kind: Service; expected a workload, pod or namespace, which can ask for something',
  ],
  [
    'a namespace that isn’t there',
    {
      selections: [select(ResourceKind.POD, { namespace: 'gone' })],
    },
    'NOT_FOUND: there is no namespace gone',
  ],
])('%s is refused with the field named', async (_name, request, expected) => {
  const error = await summary(request).catch((reason: unknown) => reason as ServiceError);
  expect(error instanceof Error && refusal(error)).toBe(expected);
});
