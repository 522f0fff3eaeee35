import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Update } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import type { Bench } from '../kit/bench.js';
import type { ApiServerCommands } from '../kit/cluster/api-server.js';
import { nodeName, serviceNames, zoneOf } from '../kit/cluster/cluster-objects.js';
import { type ControlPlaneProcess, startControlPlaneProcess } from '../kit/control-plane.js';
import type { CrowdDelivery, StreamSpec } from '../kit/crowd.js';
import type { CrowdCommands } from '../kit/crowd-client.js';
import { monotonicMs } from '../kit/delivery.js';
import { readMetric } from '../kit/metrics-page.js';
import { type SliceEndpoint, SlicePatch } from '../kit/slice-patch.js';
import { formatNumber, formatSummary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker, type Worker } from '../kit/worker.js';

const nodes = 50;
const zones = ['a', 'b', 'c'].length;
const endpoints = 300;
const service = 0;
const pauseMs = 50;

/** A change of the first slice that can be taken back. */
interface Workload {
  readonly name: string;
  /** Of the endpoints as they were. */
  readonly change: (endpoints: readonly SliceEndpoint[]) => readonly SliceEndpoint[];
  /** Whom it concerns. */
  readonly zones: readonly string[];
  /** How many endpoints clients of such a zone are told of. */
  readonly told: (zone: string) => number;
  /** What becomes of them; when the change is taken back, the other. */
  readonly how: 'add' | 'remove';
}

const notReady = (endpoint: SliceEndpoint): SliceEndpoint => ({ ...endpoint, conditions: { ready: false } });
const unhinted = (endpoint: SliceEndpoint): SliceEndpoint => ({ ...endpoint, hints: undefined });

/** Endpoints are dealt out to the zones in turn, so the first three are in different ones. */
const workloads: readonly Workload[] = [
  {
    name: 'one endpoint, of one zone',
    change: ([first, ...rest]) => [notReady(first!), ...rest],
    zones: [zoneOf(0)],
    told: () => 1,
    how: 'remove',
  },
  {
    name: 'three, one of each zone',
    change: (all) => all.map((endpoint, index) => (index < zones ? notReady(endpoint) : endpoint)),
    zones: [zoneOf(0), zoneOf(1), zoneOf(2)],
    told: () => 1,
    how: 'remove',
  },
  {
    name: 'one loses its hint: all are for all',
    change: ([first, ...rest]) => [unhinted(first!), ...rest],
    zones: [zoneOf(0), zoneOf(1), zoneOf(2)],
    told: (zone) => endpoints - endpointsIn(zone),
    how: 'add',
  },
];

export const zonesBench: Bench = {
  name: 'zones',
  summary:
    'streams from 50 nodes of three zones on one service with topology hints: what is shared, and what a change costs',
  async run(options) {
    const { quick, build } = options;
    const streams = quick ? 1_000 : 5_000;
    const connections = 100;
    const apiServer = startWorker<ApiServerCommands>({
      module: join(build, 'bench/kit/cluster/api-server.js'),
    });
    const client = startWorker<CrowdCommands>({ module: join(build, 'bench/kit/crowd-client.js') });
    let controlPlane: ControlPlaneProcess | undefined;
    try {
      const spread = [{ services: 1, podsEach: endpoints }];
      const { url } = await apiServer.call('start', { spread, nodes, hints: true });
      controlPlane = await startControlPlaneProcess({ ...options, apiServerUrl: url });
      const port = Number(controlPlane.proxyApi.split(':')[1]);
      const opened = await client.call('open', {
        port,
        connections: Array.from({ length: connections }, (_, connection) =>
          Array.from({ length: streams / connections }, () => streamFrom(connection % nodes)),
        ),
      });
      expectMessages(opened, 'add', endpointsIn);
      const { admin } = controlPlane;
      const { namespace, name } = serviceNames(service);
      const subject = `{namespace="${namespace}",service="${name}",port="80"}`;
      const snapshots = await readMetric(admin, `conduit_destination_snapshots${subject}`);
      console.log(
        `${streams} streams on ${connections} connections, from ${nodes} nodes; ${endpoints} endpoints`,
      );
      console.log(`conduit_destination_snapshots${subject} ${snapshots}\n`);

      const slice = await SlicePatch.read(url, service);
      const rows = [
        ['change', 'streams told', 'encodings', 'CPU ms', 'CPU µs/stream', 'ms until all are told'],
      ];
      for (const workload of workloads) {
        const measured = await measure(workload, { slice, controlPlane, client, rounds: quick ? 6 : 40 });
        const told = (streams / connections) * connectionsIn(workload.zones, connections);
        rows.push([
          workload.name,
          told.toLocaleString('en'),
          formatNumber(measured.encodings),
          formatSummary(summarize(measured.cpuMs)),
          formatNumber((1_000 * summarize(measured.cpuMs).median) / told),
          formatSummary(summarize(measured.toldMs)),
        ]);
        if (measured.encodings !== workload.zones.length) {
          throw new Error(`${measured.encodings} encodings a change, for ${workload.zones.length} zones`);
        }
      }
      console.log(formatTable(rows, 1));
      console.log();
      if (snapshots !== zones) throw new Error(`${snapshots} snapshots for ${zones} zones`);
      printTarget('snapshots that all streams share', snapshots, { atMost: zones });
    } finally {
      await controlPlane?.stop();
      await Promise.all([client.stop(), apiServer.stop()]);
    }
  },
};

function streamFrom(node: number): StreamSpec {
  const { namespace, name } = serviceNames(service);
  return {
    rpc: 'Get',
    authority: `${name}.${namespace}.svc.cluster.local:80`,
    node: nodeName(node),
    namespace,
    group: zoneOf(node),
  };
}

/** Pods are dealt out to the nodes, and nodes to the zones. */
function endpointsIn(zone: string): number {
  return Array.from({ length: endpoints }, (_, pod) => zoneOf(pod % nodes)).filter((each) => each === zone)
    .length;
}

function connectionsIn(wanted: readonly string[], connections: number): number {
  return Array.from({ length: connections }, (_, each) => zoneOf(each % nodes)).filter((zone) =>
    wanted.includes(zone),
  ).length;
}

interface Measured {
  /** For each change. */
  readonly encodings: number;
  readonly cpuMs: readonly number[];
  readonly toldMs: readonly number[];
}

async function measure(
  { change, zones: concerned, told, how }: Workload,
  {
    slice,
    controlPlane: { admin, probe },
    client,
    rounds,
  }: {
    readonly slice: SlicePatch;
    readonly controlPlane: ControlPlaneProcess;
    readonly client: Worker<CrowdCommands>;
    readonly rounds: number;
  },
): Promise<Measured> {
  const encodings = (): Promise<number> =>
    readMetric(admin, 'conduit_destination_encodings_total{rpc="Get"}');
  const before = await encodings();
  const cpuMs: number[] = [];
  const toldMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const isBack = round % 2 === 1;
    await setTimeout(pauseMs);
    await client.call('expect', concerned);
    const { cpuSeconds } = await probe.call('vitals');
    const startedMs = monotonicMs();
    const patched = slice.send(isBack ? slice.endpoints : change(slice.endpoints));
    const delivery = await client.call('delivered');
    const after = await probe.call('vitals');
    await patched;
    expectMessages(delivery, isBack === (how === 'remove') ? 'add' : 'remove', told);
    cpuMs.push(1_000 * (after.cpuSeconds - cpuSeconds));
    toldMs.push(delivery.finishedMs - startedMs);
  }
  return { encodings: ((await encodings()) - before) / rounds, cpuMs, toldMs };
}

function expectMessages(
  { messages, failures, firstFailure }: CrowdDelivery,
  wanted: 'add' | 'remove',
  count: (zone: string) => number,
): void {
  if (failures > 0) throw new Error(`${failures} streams failed: ${firstFailure}`);
  for (const { group, message } of messages) {
    const { update } = Update.decode(Buffer.from(message, 'base64'));
    const said =
      update?.$case === 'add' || update?.$case === 'remove'
        ? `${update.$case} ${update.value.addrs.length}`
        : update?.$case;
    const meant = `${wanted} ${count(group)}`;
    if (said !== meant) throw new Error(`${group} was told ${said}, not ${meant}`);
  }
}
