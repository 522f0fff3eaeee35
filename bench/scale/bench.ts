import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Bench } from '../kit/bench.js';
import { formatSummary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker, type Worker } from '../kit/worker.js';
import type { ScaleClientCommands } from './client.js';
import type { MeshSize, Round, ScaleCommands } from './worker.js';

/** As many endpoints take turns in every size, lest a larger one is charged for touching more memory. */
const reach = 10;

const byServices: readonly MeshSize[] = [10, 100, 1_000, 10_000].map((otherServices) => ({
  otherServices,
  endpoints: 100,
  reach,
}));

const byEndpoints: readonly MeshSize[] = [10, 100, 1_000, 5_000].map((endpoints) => ({
  otherServices: 100,
  endpoints,
  reach,
}));

/** Each slice has its turn, fifty changes apart: what is read of it has to be fetched from memory. */
const farApart: MeshSize = { otherServices: 100, endpoints: 5_000, reach: 5_000 };

/** As many as make a sample of 20 ms. */
const round: Round = { unmeasured: 200, measured: 1_000 };
const slicesPerRound = 50;
/** V8 goes on compiling for as long. */
const warmUp = { rounds: 20, slices: 2_000 } as const;
const flatPercent = 20;

interface Measured {
  readonly size: MeshSize;
  readonly worker: Worker<ScaleCommands>;
  /** Where its stream is served; undefined for one that only encodes. */
  readonly port: number | undefined;
  /** From a row on. */
  readonly micros: number[];
  /** Up to the row. */
  readonly decodingMicros: number[];
}

export const scale: Bench = {
  name: 'scale',
  summary:
    'a change of one endpoint, from row to bytes and to a stream, in meshes and services of different sizes',
  async run({ quick, build, nodeFlags }) {
    const client = startWorker<ScaleClientCommands>({ module: join(build, 'bench/scale/client.js') });
    const all: Measured[] = [];
    try {
      const start = async (size: MeshSize, delivers: boolean): Promise<Measured> => {
        const worker = startWorker<ScaleCommands>({
          module: join(build, 'bench/scale/worker.js'),
          nodeFlags,
        });
        const port = delivers ? await worker.call('deliver', size) : undefined;
        const measured: Measured = { size, worker, port, micros: [], decodingMicros: [] };
        all.push(measured);
        if (port === undefined) await worker.call('encode', size);
        else await client.call('open', port);
        return measured;
      };
      const columns = async (sizes: readonly MeshSize[]): Promise<readonly Axis[]> => {
        const axes: Axis[] = [];
        for (const size of sizes) {
          axes.push({ size, encoded: await start(size, false), delivered: await start(size, true) });
        }
        return axes;
      };
      const services = await columns(byServices);
      const endpoints = await columns(byEndpoints);
      const apart = await columns([farApart]);

      const warmUpRounds = quick ? 2 : warmUp.rounds;
      for (const { worker } of all) {
        await worker.call('decode', quick ? slicesPerRound : warmUp.slices);
        for (let turn = 0; turn < warmUpRounds; turn++) await worker.call('change', round);
      }
      const rounds = quick ? 10 : 60;
      for (let turn = 0; turn < rounds; turn++) {
        for (const { worker, micros, decodingMicros } of all) {
          decodingMicros.push(await worker.call('decode', slicesPerRound));
          micros.push(await worker.call('change', round));
        }
      }
      // The first message is the whole set, in one piece or several.
      await setTimeout(200);
      for (const { port } of all) {
        if (port === undefined) continue;
        const { messages } = await client.call('told', port);
        const expected = 1 + (warmUpRounds + rounds) * (round.unmeasured + round.measured);
        if (messages < expected || messages > expected + 4) {
          throw new Error(`a stream had ${messages} messages, not ${expected}`);
        }
      }

      print('services', services);
      print('endpoints', endpoints);
      print('endpoints, a change in any slice', apart);
      printFlatness('in the number of services', services);
      printFlatness('in the size of the service', endpoints);
      printFlatness('in the size of the service, up to ten slices', endpoints.slice(0, -1));
    } finally {
      await Promise.all([client, ...all.map(({ worker }) => worker)].map((worker) => worker.stop()));
    }
  },
};

/** One size, measured both ways. */
interface Axis {
  readonly size: MeshSize;
  readonly encoded: Measured;
  readonly delivered: Measured;
}

function print(by: string, axes: readonly Axis[]): void {
  const rows = axes.map(({ size, encoded, delivered }) => [
    size.otherServices.toLocaleString('en'),
    size.endpoints.toLocaleString('en'),
    formatSummary(summarize([...encoded.decodingMicros, ...delivered.decodingMicros])),
    formatSummary(summarize(encoded.micros)),
    formatSummary(summarize(delivered.micros)),
  ]);
  console.log(`by ${by}, CPU µs a change`);
  console.log(
    formatTable(
      [['other services', 'endpoints', 'JSON to row', 'row to bytes', 'row to stream'], ...rows],
      0,
    ),
  );
  console.log();
}

/** How far from a middle the cheapest and the dearest of several sizes are. */
function printFlatness(where: string, axes: readonly Axis[]): void {
  for (const what of ['encoded', 'delivered'] as const) {
    const medians = axes.map((axis) => summarize(axis[what].micros).median);
    const [min, max] = [Math.min(...medians), Math.max(...medians)];
    const name = what === 'encoded' ? 'row to bytes' : 'row to stream';
    printTarget(`${name}, ± ${where}`, (100 * (max - min)) / (max + min), { atMost: flatPercent }, ' %');
  }
}
