import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DestinationProfile, Update } from '../../src/gen/io/linkerd/proxy/destination/destination.js';
import type { Bench, BenchOptions } from '../kit/bench.js';
import type { ApiServerCommands } from '../kit/cluster/api-server.js';
import { nodeName, serviceNames, zoneOf } from '../kit/cluster/cluster-objects.js';
import { type ControlPlaneProcess, startControlPlaneProcess } from '../kit/control-plane.js';
import type { CrowdDelivery, StreamSpec } from '../kit/crowd.js';
import type { CrowdCommands } from '../kit/crowd-client.js';
import { formatNumber, type Summary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker, type Worker } from '../kit/worker.js';
import type { LivePollerCommands } from './live-poller.js';

/** Service 0 is the large one; the others follow. */
const largeService = 100;
const smallServices = { services: 500, podsEach: 10 } as const;
const nodes = 50;

/** Before and after the storm `/live` is asked for this long. */
const calmMs = 300;

interface Shape {
  readonly name: string;
  readonly connections: number;
  readonly streams: readonly (readonly StreamSpec[])[];
}

/** What one storm was like. */
interface Storm {
  readonly allServedMs: number;
  /** Of the time that each stream waited for its snapshot. */
  readonly medianWaitMs: number;
  readonly cpuSeconds: number;
  /** How much longer it took because other processes had the cores. */
  readonly coreWaitSeconds: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly longestBlockMs: number;
  readonly longestLiveMs: number;
}

/**
 * The control plane has just been started; all connections are cut by RST and opened again at once; all streams are reset
 * and opened again at once on the connections that are there.
 */
const occasions = ['restart', 'reconnect', 'reset'] as const;

export const storm: Bench = {
  name: 'storm',
  summary:
    'thousands of streams that open at once: time until all are served, blocks of the event loop, /live',
  async run(options) {
    const { quick, build } = options;
    const streams = quick ? 1_000 : 5_000;
    const rounds = quick ? 1 : 5;
    const shapes: readonly Shape[] = [
      { name: 'Get', connections: 100, streams: gets(streams, 100) },
      { name: 'Get', connections: quick ? 500 : 1_000, streams: gets(streams, quick ? 500 : 1_000) },
      { name: 'GetProfile + Get', connections: 100, streams: pairs(streams, 100) },
    ];
    const apiServer = startWorker<ApiServerCommands>({
      module: join(build, 'bench/kit/cluster/api-server.js'),
    });
    try {
      const spread = [{ services: 1, podsEach: largeService }, smallServices];
      const { url } = await apiServer.call('start', { spread, nodes });
      const rows = [
        [
          'streams',
          'conns',
          'asked for',
          'after',
          'all served, s',
          'median wait, s',
          'CPU s',
          'without a core, s',
          'delay p50',
          'delay p99',
          'longest block',
          'longest /live, ms',
        ],
      ];
      const targets: (() => void)[] = [];
      for (const shape of shapes) {
        const storms = new Map<(typeof occasions)[number], Storm[]>(occasions.map((each) => [each, []]));
        for (let round = 0; round < rounds; round++) {
          const measured = await measureRound(shape, url, options);
          for (const occasion of occasions) storms.get(occasion)?.push(measured[occasion]);
        }
        for (const [occasion, all] of storms) {
          const summary = (of: (storm: Storm) => number): Summary => summarize(all.map(of));
          const cell = (of: (storm: Storm) => number): string => {
            const { median, max } = summary(of);
            return `${formatNumber(median)} (${formatNumber(max)})`;
          };
          rows.push([
            streams.toLocaleString('en'),
            String(shape.connections),
            shape.name,
            occasion,
            cell(({ allServedMs }) => allServedMs / 1_000),
            cell(({ medianWaitMs }) => medianWaitMs / 1_000),
            cell(({ cpuSeconds }) => cpuSeconds),
            cell(({ coreWaitSeconds }) => coreWaitSeconds),
            cell(({ delayP50Ms }) => delayP50Ms),
            cell(({ delayP99Ms }) => delayP99Ms),
            cell(({ longestBlockMs }) => longestBlockMs),
            cell(({ longestLiveMs }) => longestLiveMs),
          ]);
          const where = `${shape.name} on ${shape.connections}, ${occasion}`;
          targets.push(() => {
            printTarget(
              `${where}: event-loop delay, p99`,
              summary(({ delayP99Ms }) => delayP99Ms).median,
              { atMost: 50 },
              ' ms',
            );
            printTarget(
              `${where}: longest wait for /live`,
              summary(({ longestLiveMs }) => longestLiveMs).median,
              { atMost: 100 },
              ' ms',
            );
            // linkerd2-proxy gives a stream up that has brought nothing for 3 s, and opens it anew.
            printTarget(
              `${where}: all served`,
              summary(({ allServedMs }) => allServedMs).median / 1_000,
              { atMost: 3 },
              ' s',
            );
          });
        }
      }
      console.log(`medians (largest) of ${rounds}; no stream failed`);
      console.log(formatTable(rows, 0));
      console.log();
      for (const print of targets) print();
    } finally {
      await apiServer.stop();
    }
  },
};

/** The three, one after the other, on one control plane. */
async function measureRound(
  shape: Shape,
  apiServerUrl: string,
  { build, nodeFlags }: BenchOptions,
): Promise<Readonly<Record<(typeof occasions)[number], Storm>>> {
  const client = startWorker<CrowdCommands>({ module: join(build, 'bench/kit/crowd-client.js') });
  const poller = startWorker<LivePollerCommands>({ module: join(build, 'bench/storm/live-poller.js') });
  let controlPlane: ControlPlaneProcess | undefined;
  try {
    controlPlane = await startControlPlaneProcess({ build, apiServerUrl, nodeFlags });
    const port = Number(controlPlane.proxyApi.split(':')[1]);
    const parts = { controlPlane, poller };
    const restart = await measureStorm(parts, () =>
      client.call('open', { port, connections: shape.streams }),
    );
    await setTimeout(1_000);
    const reconnect = await measureStorm(parts, () => client.call('reconnect'));
    await setTimeout(1_000);
    const reset = await measureStorm(parts, () => client.call('reopen'));
    return { restart, reconnect, reset };
  } finally {
    await controlPlane?.stop();
    await Promise.all([client.stop(), poller.stop()]);
  }
}

async function measureStorm(
  {
    controlPlane: { probe, admin },
    poller,
  }: { readonly controlPlane: ControlPlaneProcess; readonly poller: Worker<LivePollerCommands> },
  open: () => Promise<CrowdDelivery>,
): Promise<Storm> {
  await poller.call('start', `http://${admin}/live`);
  await setTimeout(calmMs);
  const before = await probe.call('vitals');
  const delivery = await open();
  const after = await probe.call('vitals');
  await setTimeout(calmMs);
  const { failures, longestMs } = await poller.call('stop');
  expectSnapshots(delivery);
  if (failures > 0) throw new Error(`/live failed ${failures} times`);
  const { waitsMs } = delivery;
  return {
    allServedMs: waitsMs.at(-1) ?? Number.NaN,
    medianWaitMs: waitsMs[waitsMs.length >> 1] ?? Number.NaN,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    coreWaitSeconds: after.coreWaitSeconds - before.coreWaitSeconds,
    delayP50Ms: after.delayMs.p50,
    delayP99Ms: after.delayMs.p99,
    longestBlockMs: after.longestBlockMs,
    longestLiveMs: longestMs,
  };
}

function gets(streams: number, connections: number): Shape['streams'] {
  return Array.from({ length: connections }, (_, connection) =>
    Array.from({ length: streams / connections }, () => stream('Get', 0, connection % nodes)),
  );
}

/** What a proxy asks of each service: how to treat it, and where it is. */
function pairs(streams: number, connections: number): Shape['streams'] {
  const pairsEach = streams / connections / 2;
  return Array.from({ length: connections }, (_, connection) =>
    Array.from({ length: pairsEach }, (__, pair) => {
      const service = 1 + ((connection * pairsEach + pair) % smallServices.services);
      const node = connection % nodes;
      return [stream('GetProfile', service, node), stream('Get', service, node)];
    }).flat(),
  );
}

function stream(rpc: StreamSpec['rpc'], service: number, node: number): StreamSpec {
  const { namespace, name } = serviceNames(service);
  const authority = `${name}.${namespace}.svc.cluster.local:80`;
  // Which endpoints are local to a client is part of what it is told.
  const group = rpc === 'Get' ? `${rpc} ${authority} ${zoneOf(node)}` : `${rpc} ${authority}`;
  return { rpc, authority, node: nodeName(node), namespace, group };
}

function expectSnapshots({ messages, failures, firstFailure }: CrowdDelivery): void {
  if (failures > 0) throw new Error(`${failures} streams failed: ${firstFailure}`);
  for (const { group, message } of messages) {
    const bytes = Buffer.from(message, 'base64');
    const [rpc = '', authority = ''] = group.split(' ');
    if (rpc === 'GetProfile') {
      const { fullyQualifiedName } = DestinationProfile.decode(bytes);
      if (`${fullyQualifiedName}:80` !== authority)
        throw new Error(`${group}: a profile of ${fullyQualifiedName}`);
      continue;
    }
    const { update } = Update.decode(bytes);
    const count = update?.$case === 'add' ? update.value.addrs.length : 0;
    const expected = authority.startsWith('service-0.') ? largeService : smallServices.podsEach;
    if (count !== expected) throw new Error(`${group}: ${count} endpoints, not ${expected}`);
  }
}
