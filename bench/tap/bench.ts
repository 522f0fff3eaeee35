import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Bench } from '../kit/bench.js';
import { formatSummary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker, type Worker } from '../kit/worker.js';
import type { TapControlPlaneCommands } from './control-plane.js';
import type { ProxiesCommands } from './proxies.js';
import type { ViewersCommands } from './viewers.js';

const proxyCount = 10;

interface Workload {
  readonly viewers: number;
  readonly neverRead: number;
  readonly eventsPerSecond: number;
}

/** About as many events a second are delivered in each, however many viewers share them. */
const throughputs: readonly Workload[] = [
  { viewers: 1, neverRead: 0, eventsPerSecond: 10_000 },
  { viewers: 10, neverRead: 0, eventsPerSecond: 10_000 },
  { viewers: 100, neverRead: 0, eventsPerSecond: 1_000 },
];

/** One viewer reads; in the second of these there is another that does not. */
const latencies: readonly Workload[] = [
  { viewers: 2, neverRead: 0, eventsPerSecond: 10_000 },
  { viewers: 3, neverRead: 1, eventsPerSecond: 10_000 },
];

interface Processes {
  readonly proxies: Worker<ProxiesCommands>;
  readonly controlPlane: Worker<TapControlPlaneCommands>;
  readonly viewers: Worker<ViewersCommands>;
  readonly address: string;
}

interface Measured {
  readonly received: number;
  readonly delivered: number;
  readonly overflowed: number;
  readonly perCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
}

export const tap: Bench = {
  name: 'tap',
  summary:
    'events of ten proxies told to 1, 10 and 100 viewers: per core, how late, and whether the books are right',
  async run({ quick, build, nodeFlags }) {
    const worker = (module: string): string => join(build, `bench/tap/${module}.js`);
    const proxies = startWorker<ProxiesCommands>({ module: worker('proxies') });
    const controlPlane = startWorker<TapControlPlaneCommands>({ module: worker('control-plane'), nodeFlags });
    const viewers = startWorker<ViewersCommands>({ module: worker('viewers') });
    try {
      const addresses = await proxies.call('listen', { proxies: proxyCount });
      const address = await controlPlane.call('start', { proxies: addresses });
      const processes = { proxies, controlPlane, viewers, address };
      const seconds = quick ? 1 : 4;
      const rounds = quick ? 2 : 5;
      // What the compiler hasn't seen yet is slow, and says nothing of what runs for days.
      await measure({ viewers: 10, neverRead: 0, eventsPerSecond: 5_000 }, seconds, processes);
      const all = new Map<Workload, Measured[]>(
        [...throughputs, ...latencies].map((workload) => [workload, []]),
      );
      for (let round = 0; round < rounds; round++) {
        for (const [workload, results] of all) results.push(await measure(workload, seconds, processes));
      }
      print(all);
    } finally {
      await Promise.all([proxies.stop(), controlPlane.stop(), viewers.stop()]);
    }
  },
};

async function measure(
  { viewers: count, neverRead, eventsPerSecond }: Workload,
  seconds: number,
  { proxies, controlPlane, viewers, address }: Processes,
): Promise<Measured> {
  await viewers.call('open', { address, viewers: count, neverRead });
  while ((await proxies.call('tapped')) < proxyCount) await setTimeout(20);
  // Connections are made one after another; all viewers are to see every event.
  await setTimeout(100 + 10 * count);
  await viewers.call('forget');
  const before = await controlPlane.call('cpuSeconds');
  const events = await proxies.call('tell', { eventsPerSecond, seconds });
  const { received, delivered, overflowed, latencyMs } = await viewers.call('settle', { events });
  const cpuSeconds = (await controlPlane.call('cpuSeconds')) - before;
  const rssBytes = await controlPlane.call('rssBytes');
  await viewers.call('close');
  while ((await proxies.call('tapped')) > 0) await setTimeout(20);
  return {
    received,
    delivered,
    overflowed,
    perCpuSecond: delivered / cpuSeconds,
    p50Ms: latencyMs.p50,
    p99Ms: latencyMs.p99,
    rssBytes,
  };
}

function print(all: ReadonlyMap<Workload, readonly Measured[]>): void {
  const rows = [
    [
      'viewers',
      'never read',
      'events/s',
      'told of each, %',
      'delivered a CPU second',
      'p50 ms',
      'p99 ms',
      'RSS MB',
    ],
  ];
  const of = (workload: Workload | undefined, value: (measured: Measured) => number) =>
    summarize((workload === undefined ? [] : (all.get(workload) ?? [])).map(value));
  for (const [workload] of all) {
    rows.push([
      `${workload.viewers}`,
      `${workload.neverRead}`,
      workload.eventsPerSecond.toLocaleString('en'),
      formatSummary(of(workload, ({ delivered, received }) => (100 * delivered) / received)),
      formatSummary(of(workload, ({ perCpuSecond }) => perCpuSecond)),
      formatSummary(of(workload, ({ p50Ms }) => p50Ms)),
      formatSummary(of(workload, ({ p99Ms }) => p99Ms)),
      formatSummary(of(workload, ({ rssBytes }) => rssBytes / 1e6)),
    ]);
  }
  console.log(formatTable(rows, 0));
  console.log('\nreceived = delivered + dropped in the books of every viewer of every run\n');
  const [, ten] = throughputs;
  const [alone, beside] = latencies;
  const delivered = of(ten, ({ perCpuSecond }) => perCpuSecond).median;
  printTarget('events delivered to 10 viewers in a CPU second', delivered, { atLeast: 100_000 });
  printTarget('p50 from proxy to viewer', of(alone, ({ p50Ms }) => p50Ms).median, { atMost: 2 }, ' ms');
  const p99Ms = of(alone, (each) => each.p99Ms).median;
  printTarget('p99 from proxy to viewer', p99Ms, { atMost: 20 }, ' ms');
  const ratio = of(beside, (each) => each.p99Ms).median / p99Ms;
  printTarget('p99 beside a viewer that never reads, as a multiple', ratio, { atMost: 1.1 });
}
