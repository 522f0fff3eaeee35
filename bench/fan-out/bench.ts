import { join } from 'node:path';
import type { Bench, BenchOptions } from '../kit/bench.js';
import { formatNumber, formatSummary, type Summary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker, type Worker } from '../kit/worker.js';
import type { ClientCommands } from './client.js';
import { measureIdle } from './idle.js';
import type { ServerCommands, VariantName } from './server.js';

const variants: readonly VariantName[] = ['conduit', 'per stream', 'bare grpc-js', 'bare http2'];

const serviceSize = 100;

interface Shape {
  readonly streams: number;
  readonly connections: number;
}

interface Workload {
  readonly name: string;
  /** How many of the service's endpoints change in a round. */
  readonly endpoints: number;
  readonly rounds: number;
}

/** What rounds of one workload cost one variant. */
interface Cost {
  readonly cpuMicrosPerStream: Summary;
  readonly roundMs: Summary;
  readonly messageBytes: number;
}

type Costs = ReadonlyMap<VariantName, Cost>;

/** Rounds that make the code hot, and count for nothing. */
const warmUpRounds = 5;

export const fanOut: Bench = {
  name: 'fan-out',
  summary: 'one change to thousands of streams: server CPU, time and memory, beside what Node can do at best',
  async run(options) {
    const { quick } = options;
    const shapes: readonly Shape[] = quick
      ? [{ streams: 1_000, connections: 50 }]
      : [
          { streams: 1_000, connections: 50 },
          { streams: 1_000, connections: 1_000 },
          { streams: 5_000, connections: 50 },
          { streams: 5_000, connections: 1_000 },
        ];
    const workloads: readonly Workload[] = [
      { name: '1 endpoint', endpoints: 1, rounds: quick ? 5 : 31 },
      { name: `${serviceSize} endpoints`, endpoints: serviceSize, rounds: quick ? 3 : 11 },
    ];

    const rows = [['streams', 'conns', 'change', 'bytes', 'variant', 'CPU µs/stream', 'x http2', 'round ms']];
    const ratios: (() => void)[] = [];
    for (const shape of shapes) {
      const measured = await measureShape(shape, workloads, options);
      for (const [workload, costs] of measured) {
        rows.push(...describe(shape, workload, costs));
        ratios.push(() => printTargets(shape, workload, costs));
      }
    }
    console.log(formatTable(rows, 0));
    console.log();
    for (const print of ratios) print();
    console.log();
    await measureIdle(options);
  },
};

async function measureShape(
  { streams, connections }: Shape,
  workloads: readonly Workload[],
  { build, nodeFlags }: BenchOptions,
): Promise<ReadonlyMap<Workload, Costs>> {
  const client = startWorker<ClientCommands>({ module: join(build, 'bench/fan-out/client.js') });
  const servers = new Map<VariantName, Worker<ServerCommands>>();
  try {
    for (const name of variants) {
      const server = startWorker<ServerCommands>({
        module: join(build, 'bench/fan-out/server.js'),
        nodeFlags,
      });
      servers.set(name, server);
      const port = await server.call('start', { name, size: serviceSize });
      await client.call('open', { name, port, connections, streams, size: serviceSize });
    }
    const costs = new Map<Workload, Costs>();
    let round = 0;
    for (const workload of workloads) {
      const ofVariant = new Map(
        variants.map((name) => [name, { cpu: [] as number[], ms: [] as number[], messageBytes: 0 }]),
      );
      for (let count = -warmUpRounds; count < workload.rounds; count++) {
        round += 1;
        const change = { round, endpoints: workload.endpoints };
        // Whoever comes first in one round comes last in the next.
        for (let turn = 0; turn < variants.length; turn++) {
          const name = variants[(turn + round) % variants.length]!;
          const server = servers.get(name)!;
          await client.call('expect', { name, change });
          await server.call('prepare', change);
          server.notify('commit');
          const { finishedMs, messageBytes } = await client.call('delivered', name);
          const { cpuMicros, startedMs } = await server.call('spent');
          if (count < 0) continue;
          const samples = ofVariant.get(name)!;
          samples.cpu.push(cpuMicros / streams);
          samples.ms.push(finishedMs - startedMs);
          samples.messageBytes = messageBytes;
        }
      }
      costs.set(
        workload,
        new Map(
          [...ofVariant].map(([name, { cpu, ms, messageBytes }]) => [
            name,
            { cpuMicrosPerStream: summarize(cpu), roundMs: summarize(ms), messageBytes },
          ]),
        ),
      );
    }
    return costs;
  } finally {
    await Promise.all([...servers.values(), client].map((worker) => worker.stop()));
  }
}

function describe({ streams, connections }: Shape, { name: change }: Workload, costs: Costs): string[][] {
  const bare = costs.get('bare http2')!.cpuMicrosPerStream.median;
  return [...costs].map(([variant, { cpuMicrosPerStream, roundMs, messageBytes }]) => [
    String(streams),
    String(connections),
    change,
    String(messageBytes),
    variant,
    formatSummary(cpuMicrosPerStream),
    formatNumber(cpuMicrosPerStream.median / bare),
    formatSummary(roundMs),
  ]);
}

function printTargets({ streams, connections }: Shape, { name, endpoints }: Workload, costs: Costs): void {
  const cpu = (variant: VariantName): number => costs.get(variant)!.cpuMicrosPerStream.median;
  const where = `${streams} streams, ${connections} connections, ${name}`;
  if (endpoints === 1) {
    printTarget(`${where}: CPU, times bare http2`, cpu('conduit') / cpu('bare http2'), { atMost: 1.7 });
  } else {
    printTarget(`${where}: CPU, times less than per stream`, cpu('per stream') / cpu('conduit'), {
      atLeast: 8,
    });
  }
}
