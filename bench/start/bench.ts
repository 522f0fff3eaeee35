import { join } from 'node:path';
import type { Bench, BenchOptions } from '../kit/bench.js';
import { formatNumber, formatSummary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker } from '../kit/worker.js';
import type { ApiServerCommands } from '../kit/cluster/api-server.js';
import { measureChangeLatency } from './change-latency.js';
import { measureRelists, type Relist } from './relist.js';
import { largeCluster, sizeOf, type Spread } from '../kit/cluster/cluster-objects.js';
import { startControlPlaneProcess } from '../kit/control-plane.js';
import type { Vitals } from '../kit/probe.js';

const smallCluster: Spread = [
  { services: 900, podsEach: 5 },
  { services: 5, podsEach: 100 },
];

export const start: Bench = {
  name: 'start',
  summary: 'the control plane started on a large cluster: time until ready, memory, blocks of the event loop',
  async run(options) {
    const { quick } = options;
    const spread = quick ? smallCluster : largeCluster;
    const { endpoints } = sizeOf(spread);
    const empty = await measureStarts([], { ...options, starts: 1, changes: 0, relists: 0 });
    const full = await measureStarts(spread, {
      ...options,
      starts: quick ? 2 : 5,
      changes: quick ? 20 : 200,
      relists: 2,
    });

    const row = (what: string, of: (started: Started) => number): string[] => [
      what,
      formatSummary(summarize(empty.map(of))),
      formatSummary(summarize(full.map(of))),
    ];
    console.log(
      formatTable(
        [
          ['', 'empty cluster', `${endpoints} endpoints`],
          row('process start to /ready, s', ({ readyMs }) => readyMs / 1_000),
          row('CPU until ready, s', ({ syncing }) => syncing.cpuSeconds),
          row("API server's CPU meanwhile, s", ({ apiServerCpuSeconds }) => apiServerCpuSeconds),
          row('longest block while loading, ms', ({ loading }) => loading.longestBlockMs),
          row('longest block while syncing, ms', ({ syncing }) => syncing.longestBlockMs),
          row('of which the process ran, ms', ({ syncing }) => syncing.longestRunMs),
          row('peak RSS, MB', ({ settled }) => settled.peakRssBytes / 1e6),
          row('RSS after GC, MB', ({ settled }) => settled.rssBytes / 1e6),
          row('heap after GC, MB', ({ settled }) => settled.heapBytes / 1e6),
        ],
        1,
      ),
    );
    console.log();
    const relists = full.flatMap((started) => started.relists);
    const ofRelists = (of: (relist: Relist) => number): string => formatSummary(summarize(relists.map(of)));
    console.log(
      formatTable(
        [
          ['', 'all pods listed anew, 1 % of them gone or back'],
          ['until a stream is told, s', ofRelists(({ toldMs }) => toldMs / 1_000)],
          ['CPU until then, s', ofRelists(({ cpuSeconds }) => cpuSeconds)],
          ['longest block, ms', ofRelists(({ vitals }) => vitals.longestBlockMs)],
          ['of which the process ran, ms', ofRelists(({ vitals }) => vitals.longestRunMs)],
          ['peak RSS, MB', ofRelists(({ vitals }) => vitals.peakRssBytes / 1e6)],
        ],
        1,
      ),
    );
    console.log();
    const latencies = full.flatMap((started) => started.changeMs);
    console.log(
      `one endpoint changed through the API, ms until a stream is told: ${formatSummary(summarize(latencies))}`,
    );
    console.log();
    const heapOf = (all: readonly Started[]): number =>
      summarize(all.map(({ settled }) => settled.heapBytes)).median;
    const perEndpoint = (heapOf(full) - heapOf(empty)) / endpoints / 1_000;
    printTarget('heap for each endpoint', perEndpoint, { atMost: 1.5 }, ' KB');
    const blocks = summarize(full.map(({ syncing }) => syncing.longestBlockMs));
    printTarget('longest block of the event loop while syncing', blocks.max, { atMost: 100 }, ' ms');
    const anew = summarize(relists.map(({ vitals }) => vitals.longestBlockMs));
    printTarget('longest block of the event loop while listing anew', anew.max, { atMost: 100 }, ' ms');
  },
};

interface Started {
  readonly readyMs: number;
  readonly loading: Vitals;
  readonly syncing: Vitals;
  /** After full collections. */
  readonly settled: Vitals;
  readonly apiServerCpuSeconds: number;
  readonly changeMs: readonly number[];
  readonly relists: readonly Relist[];
}

/** Starts the control plane several times, one after another, on one and the same cluster. */
async function measureStarts(
  spread: Spread,
  {
    build,
    nodeFlags,
    starts,
    changes,
    relists,
  }: BenchOptions & { readonly starts: number; readonly changes: number; readonly relists: number },
): Promise<readonly Started[]> {
  const apiServer = startWorker<ApiServerCommands>({
    module: join(build, 'bench/kit/cluster/api-server.js'),
    nodeFlags: ['--max-old-space-size=8192'],
  });
  try {
    const { url, objects, podBytes } = await apiServer.call('start', { spread });
    const { services, endpoints, nodes } = sizeOf(spread);
    if (endpoints > 0) {
      console.log(
        `${services} services, ${endpoints} pods of ${formatNumber(podBytes)} bytes of JSON, ${nodes} nodes, ${objects} objects in all\n`,
      );
    }
    const all: Started[] = [];
    for (let count = 0; count < starts; count++) {
      await apiServer.call('cpuSeconds');
      const controlPlane = await startControlPlaneProcess({ build, apiServerUrl: url, nodeFlags });
      try {
        const { readyMs, loading, syncing, probe, proxyApi } = controlPlane;
        const apiServerCpuSeconds = await apiServer.call('cpuSeconds');
        await probe.call('collect');
        const settled = await probe.call('vitals');
        const [first] = spread;
        const followed = { proxyApi, service: 0, endpoints: first?.podsEach ?? 0 };
        const changeMs =
          first === undefined ? [] : await measureChangeLatency({ ...followed, apiServerUrl: url, changes });
        const relisted =
          first === undefined ? [] : await measureRelists({ ...followed, apiServer, probe, relists });
        all.push({
          readyMs,
          loading,
          syncing,
          settled,
          apiServerCpuSeconds,
          changeMs,
          relists: relisted,
        });
      } finally {
        await controlPlane.stop();
      }
    }
    return all;
  } finally {
    await apiServer.stop();
  }
}
