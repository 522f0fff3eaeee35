import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { report, trySeed } from './try-seed.js';

/**
 * Runs seeds `--from` (default 0) to `--from` + `--seeds` (default 1,000), shared among `--workers` processes (default: as
 * many as there are cores), and exits with 1 where one fails. The first failures are reported in full.
 */

const maxReports = 3;

/** How many seeds a worker takes at a time: a second of work or so. */
const batchSize = 20;

type FromWorker =
  | { readonly kind: 'ready' }
  /** `reports`: what the seeds that failed have to say. */
  | { readonly kind: 'done'; readonly seeds: number; readonly reports: readonly string[] };

interface Batch {
  readonly from: number;
  readonly to: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '0' },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const [from, seeds, workers] = [values.from, values.seeds, values.workers].map(Number);
  if (![from, seeds, workers].every(Number.isInteger))
    throw new Error('--from, --seeds and --workers take numbers');
  const { failed, reports } = await runSeeds({ from: from!, to: from! + seeds! }, workers!);
  for (const text of reports.slice(0, maxReports)) console.log(`\n${text}`);
  if (failed > 0) process.exitCode = 1;
}

async function runSeeds(
  all: Batch,
  workers: number,
): Promise<{ readonly failed: number; readonly reports: readonly string[] }> {
  const startedMs = performance.now();
  const reports: string[] = [];
  let next = all.from;
  let done = 0;
  let toldMs = startedMs;
  const tell = (): void => {
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    console.log(`${done} of ${all.to - all.from} seeds in ${seconds} s, ${reports.length} failed`);
  };

  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = fork(fileURLToPath(import.meta.url), ['--worker'], { execArgv: process.execArgv });
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'done') {
          done += message.seeds;
          reports.push(...message.reports);
          if (performance.now() - toldMs > 10_000) {
            toldMs = performance.now();
            tell();
          }
        }
        const batch: Batch = { from: next, to: Math.min(next + batchSize, all.to) };
        next = batch.to;
        if (batch.from < batch.to) worker.send(batch);
        else worker.disconnect();
      });
      worker.on('error', reject);
      worker.on('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`a worker exited with ${code}`)),
      );
    });

  await Promise.all(Array.from({ length: workers }, work));
  tell();
  return { failed: reports.length, reports };
}

function serveBatches(): void {
  const send = (message: FromWorker): void => {
    process.send?.(message);
  };
  let reported = 0;
  process.on('message', ({ from, to }: Batch) => {
    const reports: string[] = [];
    for (let seed = from; seed < to; seed++) {
      const failed = trySeed(seed);
      // Finding the fewest steps that fail takes as long as hundreds of seeds.
      if (failed !== undefined) reports.push(reported++ < maxReports ? report(failed) : `seed ${seed} fails`);
    }
    send({ kind: 'done', seeds: to - from, reports });
  });
  send({ kind: 'ready' });
}

if (process.argv.includes('--worker')) serveBatches();
else await main();
