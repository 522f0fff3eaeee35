import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Bench, BenchOptions } from '../kit/bench.js';
import { formatNumber, formatSummary, type Summary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker } from '../kit/worker.js';
import type { AloneCommands, Pace, StatShape } from './alone.js';
import type { ClientCommands } from './client.js';
import { changing } from './reports.js';
import type { ServerCommands } from './server.js';
import type { VariantName } from './variants.js';

interface Cost {
  readonly cpuMicros: Summary;
  readonly perSecond: Summary;
}

const names: readonly VariantName[] = ['streamed', 'unary', 'per observation'];

export const telemetry: Bench = {
  name: 'telemetry',
  summary:
    'reports of proxies: server CPU beside other ways to report, memory of series, and what stat takes',
  async run(options) {
    await transport(options);
    await alone(options);
  },
};

async function transport(options: BenchOptions): Promise<void> {
  const { quick } = options;
  const connections = quick ? 50 : 500;
  const rounds = quick ? 1 : 5;
  const measured = new Map<VariantName, Cost[]>();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const messages = (name === 'per observation' ? 1_000 : name === 'unary' ? 60 : 200) / (quick ? 4 : 1);
      const cost = await measure(name, { connections, messages }, options);
      measured.set(name, [...(measured.get(name) ?? []), cost]);
    }
  }
  const rows = [['variant', 'CPU µs/message', 'messages/s of a core', 'messages/s as sent']];
  let streamed: number | undefined;
  for (const [name, costs] of measured) {
    const cpu = summarize(costs.map(({ cpuMicros }) => cpuMicros.median));
    const perSecond = summarize(costs.map((cost) => cost.perSecond.median));
    if (name === 'streamed') streamed = 1e6 / cpu.median;
    rows.push([name, formatSummary(cpu), formatNumber(1e6 / cpu.median), formatSummary(perSecond)]);
  }
  console.log(formatTable(rows, 1));
  console.log(
    `\n${connections} connections; a report tells of ${changing} counts and ${changing} histograms\n`,
  );
  if (streamed !== undefined) {
    printTarget('reports a second and core, with transport', streamed, { atLeast: 30_000 });
  }
}

async function measure(
  name: VariantName,
  { connections, messages }: { readonly connections: number; readonly messages: number },
  { build, nodeFlags }: BenchOptions,
): Promise<Cost> {
  const server = startWorker<ServerCommands>({ module: join(build, 'bench/telemetry/server.js'), nodeFlags });
  const client = startWorker<ClientCommands>({ module: join(build, 'bench/telemetry/client.js') });
  try {
    const port = await server.call('start', name);
    // Once to make the code hot.
    for (const isWarm of [false, true]) {
      await client.call('open', { variant: name, port, connections, messages });
      const before = await server.call('cpuMicros');
      const startedMs = performance.now();
      await client.call('send');
      const tookMs = performance.now() - startedMs;
      const spent = (await server.call('cpuMicros')) - before;
      const total = await server.call('total');
      await client.call('close');
      if (total === undefined || total === 0) throw new Error(`${name}: nothing arrived`);
      if (!isWarm) continue;
      const sent = connections * messages;
      if (name !== 'per observation') check(name, total, { connections, messages });
      return {
        cpuMicros: summarize([spent / sent]),
        perSecond: summarize([(sent * 1_000) / tookMs]),
      };
    }
    throw new Error('unreachable');
  } finally {
    await Promise.all([server.stop(), client.stop()]);
  }
}

/** What the last report of each connection tells. */
function check(
  name: VariantName,
  total: number,
  { connections, messages }: { readonly connections: number; readonly messages: number },
): void {
  let expected = 0;
  for (let id = 1; id <= changing; id++) expected += 10_000 + messages * 30 + id;
  if (total !== expected * connections)
    throw new Error(`${name}: ${total} instead of ${expected * connections}`);
}

async function alone({ quick, build, nodeFlags }: BenchOptions): Promise<void> {
  const worker = startWorker<AloneCommands>({
    module: join(build, 'bench/telemetry/alone.js'),
    nodeFlags: ['--expose-gc', ...nodeFlags],
  });
  try {
    const steps = quick ? 20 : 60;
    const rounds = quick ? 2 : 9;
    const shapes = [100, 10_000, 1_000_000];
    const paces = new Map<number, Pace[]>(shapes.map((requests) => [requests, []]));
    // Code that isn't compiled yet says nothing of what runs for days.
    for (const requests of shapes) await worker.call('pace', { requests, steps, proxies: 500 });
    for (let round = 0; round < rounds; round++) {
      for (const [requests, measured] of paces) {
        measured.push(await worker.call('pace', { requests, steps, proxies: 500 }));
      }
    }
    const rows = [
      ['requests a series', 'bytes', 'read and applied/s of CPU', 'only read by generated code/s of CPU'],
    ];
    const medians: number[] = [];
    for (const [requests, measured] of paces) {
      const applied = summarize(measured.map(({ perSecond }) => perSecond));
      const generated = summarize(measured.map(({ generatedPerSecond }) => generatedPerSecond));
      medians.push(applied.median);
      rows.push([
        formatNumber(requests),
        formatNumber(measured[0]?.bytes ?? 0),
        formatSummary(applied),
        formatSummary(generated),
      ]);
    }
    console.log(`\n${formatTable(rows, 0)}\n`);
    printTarget('reports a second, read and applied', Math.min(...medians), { atLeast: 200_000 });

    const series = quick ? 10_000 : 100_000;
    const { heapBytes, bufferBytes, turnMs, mergeMs } = await worker.call('memory', series);
    const megabytes = (bytes: number): string => `${formatNumber(bytes / 1_048_576)} MiB`;
    console.log(
      `\n${formatNumber(series)} series, a fifth of them histograms: ${megabytes(heapBytes)} of heap, ${megabytes(bufferBytes)} of buffers`,
    );
    console.log(
      `a frame ends, every subject having grown: ${formatNumber(turnMs)} ms; the longest slice of merging frames: ${formatNumber(mergeMs)} ms`,
    );
    printTarget(
      'heap and buffers',
      (heapBytes + bufferBytes) / 1_048_576,
      { atMost: quick ? 6 : 60 },
      ' MiB',
    );

    await stat(worker, { pods: 'three', others: 10, times: quick ? 20 : 100 });
    const tookMs = await stat(worker, { pods: 'one to three', others: 3, times: quick ? 50 : 300 });
    printTarget('stat over 1,000 deployments, 3 others each, p99', tookMs, { atMost: 20 }, ' ms');
  } finally {
    await worker.stop();
  }
}

/** The 99th percentile of how long `stat` takes, in milliseconds. */
async function stat(
  worker: ReturnType<typeof startWorker<AloneCommands>>,
  shape: Omit<StatShape, 'deployments'>,
): Promise<number> {
  // A worker takes its first few questions with code that isn't compiled yet.
  await worker.call('stat', { ...shape, deployments: 1_000, times: 10 });
  const costs = await worker.call('stat', { ...shape, deployments: 1_000, times: shape.times });
  const describe = (values: readonly number[]): string =>
    `${formatSummary(summarize(values))}, p99 ${formatNumber(p99(values))} ms`;
  const tookMs = costs.map((cost) => cost.tookMs);
  console.log(
    `\nstat over 1,000 deployments of ${shape.pods} pods, which ask ${shape.others} others each: ${describe(tookMs)}; CPU ${describe(costs.map(({ cpuMs }) => cpuMs))}`,
  );
  return p99(tookMs);
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
}
