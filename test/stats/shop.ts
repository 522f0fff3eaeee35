import { podId } from '../../src/core/ids.js';
import type { PodSelection, ResourceKind } from '../../src/core/resource.js';
import { Direction, Measure, Tls } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import type { StatEdge, StatQuery } from '../../src/stats/stat-query.js';
import { Reporters } from '../../src/telemetry/reporters.js';
import { createReportingPods } from '../../src/telemetry/reporting-pods.js';
import { testMesh } from '../kit/mesh.js';
import { controllerRow, namespaceRow, podBackend, podRow, serviceRow, sliceRow } from '../kit/rows.js';
import { apply, boundsMs, series } from '../telemetry/reports.js';

/** What one pod asks of another, by the second. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly authority: string;
  readonly isMutual: boolean;
  readonly successes: number;
  readonly failures: number;
  /** By bucket. */
  readonly latencies: readonly number[];
  /** What the one that asks sends, and what it gets. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export const api = 'api.shop.svc.cluster.local:80';
const apiAlias = 'api.shop.svc.cluster.local:8080';

export const flows: readonly Flow[] = [
  {
    from: 'web-1',
    to: 'api-1',
    authority: api,
    isMutual: true,
    successes: 40,
    failures: 0,
    latencies: [20, 16, 4, 0],
    sentBytes: 4_000,
    receivedBytes: 80_000,
  },
  {
    from: 'web-2',
    to: 'api-2',
    authority: api,
    isMutual: true,
    successes: 15,
    failures: 5,
    latencies: [5, 5, 8, 2],
    sentBytes: 2_000,
    receivedBytes: 40_000,
  },
  {
    from: 'nightly-1',
    to: 'api-2',
    authority: apiAlias,
    isMutual: false,
    successes: 8,
    failures: 2,
    latencies: [0, 0, 10, 0],
    sentBytes: 1_000,
    receivedBytes: 1_000,
  },
];

const ips: Readonly<Record<string, string>> = {
  'web-1': '10.0.0.1',
  'web-2': '10.0.0.2',
  'api-1': '10.0.0.3',
  'api-2': '10.0.0.4',
  'nightly-1': '10.0.0.5',
};

const owners = {
  web: { kind: 'ReplicaSet', name: 'web-5d4' },
  api: { kind: 'ReplicaSet', name: 'api-77c' },
  nightly: { kind: 'Job', name: 'nightly' },
} as const;

/** A cluster of two deployments, a job and a service, with a sidecar that reports in every pod. */
export function shop(nowMs: () => number) {
  const mesh = testMesh();
  const deployment = (name: string) => ({ kind: 'Deployment', name });
  mesh.apply(
    { namespace: namespaceRow('shop') },
    { namespace: namespaceRow('idle') },
    { kind: 'Deployment', controller: controllerRow('web') },
    { kind: 'Deployment', controller: controllerRow('api') },
    { kind: 'Deployment', controller: controllerRow('quiet') },
    { replicaSet: 'web-5d4', owner: deployment('web') },
    { replicaSet: 'api-77c', owner: deployment('api') },
    { job: 'nightly', owner: undefined },
    { service: serviceRow('api') },
    {
      slice: sliceRow('api', 'a', [podBackend('10.0.0.3', 'api-1'), podBackend('10.0.0.4', 'api-2')]),
    },
    ...Object.entries(ips).map(([name, ip]) => {
      const app = name.startsWith('web') ? 'web' : name.startsWith('api') ? 'api' : 'nightly';
      return {
        pod: podRow(name, {
          ips: [ip],
          owner: owners[app],
          labels: { app, nth: name.slice(-1) },
          controlPlaneNamespace: 'conduit',
          ...(name === 'web-2' && { phase: 'pending' as const }),
        }),
      };
    }),
  );
  const pods = createReportingPods(mesh);
  const reporters = new Reporters({
    nowMs,
    pod: (id) => pods.pod(id),
    podAt: (ip) => pods.podAt(ip),
  });
  const epochMs = nowMs();
  let sequence = 0;

  /** Every proxy tells how things stand after so many seconds. */
  const report = (elapsedS: number): void => {
    sequence += 1;
    for (const name of Object.keys(ips)) reportOf(name, elapsedS);
  };

  const reportOf = (name: string, elapsedS: number): void => {
    const id = podId('shop', name);
    const end = pods.pod(id);
    if (end === undefined) throw new Error(`no pod ${name}`);
    const reporter =
      reporters.get(id) ?? reporters.introduce(id, end, { namespace: 'shop', pod: name, epochMs, boundsMs });
    const told = flows.flatMap((flow, index) => [
      ...(flow.from === name ? [seriesOf(flow, Direction.OUTBOUND, 100 * (index + 1), elapsedS)] : []),
      ...(flow.to === name ? [seriesOf(flow, Direction.INBOUND, 100 * (index + 1) + 50, elapsedS)] : []),
    ]);
    const applied = apply(reporter, {
      sequence,
      complete: sequence === 1,
      series: sequence === 1 ? told.flatMap((each) => each.series) : [],
      values: Object.assign({}, ...told.map((each) => each.values)),
      latencies: Object.assign({}, ...told.map((each) => each.latencies)),
    });
    if (applied.kind !== 'applied') throw new Error(JSON.stringify(applied));
  };
  return { mesh, reporters, report };
}

function seriesOf(flow: Flow, direction: Direction, id: number, elapsedS: number) {
  const isOutbound = direction === Direction.OUTBOUND;
  const facts = {
    direction,
    authority: isOutbound ? flow.authority : '',
    peerIp: ips[isOutbound ? flow.to : flow.from] ?? '',
    tls: flow.isMutual ? Tls.MUTUAL : Tls.NONE,
  };
  const failed = { httpStatus: 503, grpcStatus: undefined, isFailure: true };
  const so = (perSecond: number): number => Math.floor(perSecond * elapsedS);
  const { sentBytes, receivedBytes } = flow;
  // A client's proxy writes what its client sends; that of a server reads it.
  const [read, written] = isOutbound ? [receivedBytes, sentBytes] : [sentBytes, receivedBytes];
  return {
    series: [
      series(id, facts),
      series(id + 1, { ...facts, outcome: failed }),
      series(id + 2, { ...facts, measure: Measure.RESPONSE_LATENCY }),
      series(id + 3, { ...facts, measure: Measure.TCP_READ_BYTES }),
      series(id + 4, { ...facts, measure: Measure.TCP_WRITTEN_BYTES }),
      series(id + 5, { ...facts, measure: Measure.TCP_OPENS }),
      series(id + 6, { ...facts, measure: Measure.TCP_OPEN_CONNECTIONS }),
      series(id + 7, { ...facts, measure: Measure.REQUESTS }),
    ],
    values: {
      [id]: so(flow.successes),
      [id + 1]: so(flow.failures),
      [id + 3]: so(read),
      [id + 4]: so(written),
      [id + 5]: 2,
      [id + 6]: 2,
      [id + 7]: so(flow.successes + flow.failures),
    },
    latencies: { [id + 2]: flow.latencies.map(so) },
  };
}

export function selection(
  kind: ResourceKind,
  name?: string,
  fields: Partial<PodSelection> = {},
): PodSelection {
  return { kind, namespace: kind === 'Namespace' ? undefined : 'shop', name, labels: [], ...fields };
}

export function question(
  selections: PodSelection | readonly PodSelection[],
  edge: StatEdge = { kind: 'none' },
  windowMs = 60_000,
): StatQuery {
  return { selections: [selections].flat(), windowMs, edge };
}
