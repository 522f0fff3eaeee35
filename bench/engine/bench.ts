import { join } from 'node:path';
import type { Bench } from '../kit/bench.js';
import { formatSummary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker } from '../kit/worker.js';
import type { EngineCommands, MeshSize } from './worker.js';

const byServices: readonly MeshSize[] = [1, 10, 100, 1_000, 10_000].map((otherServices) => ({
  otherServices,
  endpoints: 100,
}));

const byEndpoints: readonly MeshSize[] = [10, 100, 1_000, 5_000].map((endpoints) => ({
  otherServices: 100,
  endpoints,
}));

/** As many as make a sample of a few milliseconds at least. */
const changesPerRound = 100;
const warmUpRounds = 20;

export const engine: Bench = {
  name: 'engine',
  summary: 'one change of a slice, from table.apply to the encoded delta, in meshes of different sizes',
  async run({ quick, build, nodeFlags }) {
    const worker = startWorker<EngineCommands>({ module: join(build, 'bench/engine/worker.js'), nodeFlags });
    try {
      const sizes = [...byServices, ...byEndpoints];
      const meshes = new Map<MeshSize, { readonly mesh: number; readonly micros: number[] }>();
      for (const size of sizes) meshes.set(size, { mesh: await worker.call('create', size), micros: [] });
      const rounds = quick ? 10 : 100;
      for (let round = -warmUpRounds; round < rounds; round++) {
        for (const { mesh, micros } of meshes.values()) {
          const each = await worker.call('change', { mesh, changes: changesPerRound });
          if (round >= 0) micros.push(each);
        }
      }
      const rows = [...meshes].map(([{ otherServices, endpoints }, { micros }]) => [
        String(otherServices),
        String(endpoints),
        formatSummary(summarize(micros)),
      ]);
      console.log(formatTable([['other services', 'endpoints', 'µs/change'], ...rows], 0));
      console.log();
      const median = (size: MeshSize | undefined): number => summarize(meshes.get(size!)!.micros).median;
      printTarget('10,000 other services, times 1', median(byServices.at(-1)) / median(byServices[0]), {
        atMost: 1.5,
      });
      printTarget('5,000 endpoints, times 100', median(byEndpoints.at(-1)) / median(byEndpoints[1]), {
        atMost: 1.5,
      });
    } finally {
      await worker.stop();
    }
  },
};
