import { deepStrictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Bench } from '../kit/bench.js';
import { type ControlPlaneProcess, startControlPlaneProcess } from '../kit/control-plane.js';
import { formatNumber } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker, type Worker } from '../kit/worker.js';
import type { CrashLoopCommands } from './api-server.js';
import type { FollowerCommands } from './client.js';

const services = 100;
const podsEach = 100;
const streams = 300;
const connections = 30;
const settleTimeoutMs = 10_000;

export const crashLoop: Bench = {
  name: 'crash-loop',
  summary: 'every pod of a cluster crashes every few seconds, for minutes: memory of the control plane',
  async run(options) {
    const { quick, build } = options;
    const warmUpSeconds = quick ? 15 : 60;
    const measuredSeconds = quick ? 45 : 300;
    const sampleSeconds = quick ? 5 : 15;
    const apiServer = startWorker<CrashLoopCommands>({
      module: join(build, 'bench/crash-loop/api-server.js'),
    });
    const client = startWorker<FollowerCommands>({ module: join(build, 'bench/crash-loop/client.js') });
    let controlPlane: ControlPlaneProcess | undefined;
    try {
      const apiServerUrl = await apiServer.call('start', {
        spread: [{ services, podsEach }],
        phaseMs: 5_000,
        crashesPerPod: 20,
        sliceMs: 1_000,
      });
      controlPlane = await startControlPlaneProcess({ ...options, apiServerUrl });
      const { probe, proxyApi } = controlPlane;
      await client.call('open', { proxyApi, streams, connections, services });
      console.log(
        `${services * podsEach} pods of ${services} services, ready for 5 s and not ready for 5 s; ${streams} streams on ${connections} connections`,
      );
      const before = await collected(probe);
      await apiServer.call('churn');
      await setTimeout(warmUpSeconds * 1_000);

      const rows = [
        [
          's',
          'pods/s',
          'replaced/s',
          'slices/s',
          'messages/s',
          'RSS MB',
          'heap MB',
          'CPU %',
          'longest block, ms',
        ],
      ];
      const rss: number[] = [];
      await apiServer.call('churned');
      let { cpuSeconds } = await probe.call('vitals');
      let { messages } = await client.call('followed');
      for (let seconds = sampleSeconds; seconds <= measuredSeconds; seconds += sampleSeconds) {
        await setTimeout(sampleSeconds * 1_000);
        const vitals = await probe.call('vitals');
        const churned = await apiServer.call('churned');
        const followed = await client.call('followed');
        const perSecond = (count: number): string => formatNumber(count / sampleSeconds);
        rss.push(vitals.rssBytes / 1e6);
        rows.push([
          String(warmUpSeconds + seconds),
          perSecond(churned.podUpdates),
          perSecond(churned.podsReplaced),
          perSecond(churned.sliceUpdates),
          perSecond(followed.messages - messages),
          formatNumber(vitals.rssBytes / 1e6),
          formatNumber(vitals.heapBytes / 1e6),
          perSecond(100 * (vitals.cpuSeconds - cpuSeconds)),
          formatNumber(vitals.longestBlockMs),
        ]);
        ({ cpuSeconds } = vitals);
        ({ messages } = followed);
      }
      await expectSettled(apiServer, client);
      const after = await collected(probe);
      console.log(formatTable(rows, 0));
      console.log();
      const mean = meanOf(rss);
      const apart = Math.max(...rss.map((each) => Math.abs(each - mean))) / mean;
      const third = Math.floor(rss.length / 3);
      const drift = meanOf(rss.slice(-third)) / meanOf(rss.slice(0, third)) - 1;
      console.log(
        `RSS: mean ${formatNumber(mean)} MB; last third ${formatNumber(100 * drift)} % above the first`,
      );
      console.log(
        `heap after a full collection: ${formatNumber(before / 1e6)} MB before it began, ${formatNumber(after / 1e6)} MB when it was over`,
      );
      printTarget('RSS, ± its mean', 100 * apart, { atMost: 10 }, ' %');
    } finally {
      await controlPlane?.stop();
      await Promise.all([client.stop(), apiServer.stop()]);
    }
  },
};

/** Bytes of heap in use after a full collection, for which nothing else is a substitute; not while RSS is measured. */
async function collected(probe: ControlPlaneProcess['probe']): Promise<number> {
  await probe.call('collect');
  return (await probe.call('vitals')).heapBytes;
}

/** Throws unless every stream comes to know exactly the addresses that are ready in the end. */
async function expectSettled(
  apiServer: Worker<CrashLoopCommands>,
  client: Worker<FollowerCommands>,
): Promise<void> {
  const ready = await apiServer.call('settle');
  const startedMs = performance.now();
  for (;;) {
    const followed = await client.call('followed');
    try {
      for (const { service, addresses } of followed.streams) deepStrictEqual(addresses, ready[service]);
      return;
    } catch (error) {
      if (performance.now() - startedMs > settleTimeoutMs) throw error;
      await setTimeout(100);
    }
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
