import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createGunzip } from 'node:zlib';
import type { Bench } from '../kit/bench.js';
import { formatNumber, formatSummary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker } from '../kit/worker.js';
import type { ExposerCommands } from './exposer.js';
import { samplesOf } from './reported.js';

const maxBlockMs = 10;

/** Samples of the process itself. */
const mostOfOurOwn = 500;

const variants = [
  { name: 'text', headers: { accept: 'text/plain' } },
  { name: 'text, gzip', headers: { accept: 'text/plain', 'accept-encoding': 'gzip' } },
  {
    name: 'OpenMetrics, gzip',
    headers: { accept: 'application/openmetrics-text', 'accept-encoding': 'gzip' },
  },
] as const;

/** A scrape, from its first byte out to its last byte in. */
interface Scrape {
  readonly ms: number;
  readonly wireBytes: number;
  readonly textBytes: number;
  readonly samples: number;
}

export const scrape: Bench = {
  name: 'scrape',
  summary:
    '/metrics with 100,000 series that proxies have reported: how long it takes, and for how long others wait',
  async run({ quick, build, nodeFlags }) {
    const reported = quick ? 20_000 : 100_000;
    const rounds = quick ? 2 : 7;
    const worker = startWorker<ExposerCommands>({
      module: join(build, 'bench/scrape/exposer.js'),
      nodeFlags,
    });
    try {
      const address = await worker.call('start', { series: reported });
      const rows = [['variant', 's', 'MB on the wire', 'MB of text', 'MB/s', 'CPU ms', 'longest block ms']];
      const samples = samplesOf(reported);
      const blocks: number[] = [];
      // The first of each compiles the code.
      for (const { headers } of variants) await take(address, headers);
      const found = variants.map((): { scrapes: Scrape[]; cpuMs: number[]; blockMs: number[] } => ({
        scrapes: [],
        cpuMs: [],
        blockMs: [],
      }));
      for (let round = 0; round < rounds; round++) {
        for (const [index, { headers }] of variants.entries()) {
          await worker.call('spent');
          const taken = await take(address, headers);
          const { longestBlockMs, cpuMs } = await worker.call('spent');
          if (taken.samples < samples || taken.samples > samples + mostOfOurOwn) {
            throw new Error(`${taken.samples} samples of ${samples}`);
          }
          found[index]?.scrapes.push(taken);
          found[index]?.cpuMs.push(cpuMs);
          found[index]?.blockMs.push(longestBlockMs);
          blocks.push(longestBlockMs);
        }
      }
      for (const [index, { name }] of variants.entries()) {
        const { scrapes = [], cpuMs = [], blockMs = [] } = found[index] ?? {};
        const [first] = scrapes;
        if (first === undefined) throw new Error('nothing was scraped');
        rows.push([
          name,
          formatSummary(summarize(scrapes.map(({ ms }) => ms / 1e3))),
          formatNumber(first.wireBytes / 1e6),
          formatNumber(first.textBytes / 1e6),
          formatSummary(summarize(scrapes.map(({ ms, textBytes }) => textBytes / 1e3 / ms))),
          formatSummary(summarize(cpuMs)),
          formatSummary(summarize(blockMs)),
        ]);
      }
      console.log(
        `${reported.toLocaleString('en')} reported series, ${samples.toLocaleString('en')} samples`,
      );
      console.log(formatTable(rows, 1));
      console.log();
      printTarget('longest block of the event loop', summarize(blocks).median, { atMost: maxBlockMs }, ' ms');
    } finally {
      await worker.stop();
    }
  },
};

async function take(address: string, headers: Readonly<Record<string, string>>): Promise<Scrape> {
  const startedMs = performance.now();
  const asked = request(`http://${address}/metrics`, { headers }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
  let wireBytes = 0;
  let textBytes = 0;
  let samples = 0;
  response.on('data', (chunk: Buffer) => {
    wireBytes += chunk.length;
  });
  const isPacked = response.headers['content-encoding'] === 'gzip';
  let isLineStart = true;
  for await (const chunk of isPacked ? response.pipe(createGunzip()) : response) {
    const bytes = chunk as Buffer;
    textBytes += bytes.length;
    // Lines of samples: those that don't begin with #.
    for (let at = 0; at < bytes.length; ) {
      if (isLineStart && bytes[at] !== 0x23) samples += 1;
      const end = bytes.indexOf(0x0a, at);
      isLineStart = end >= 0;
      at = end < 0 ? bytes.length : end + 1;
    }
  }
  return { ms: performance.now() - startedMs, wireBytes, textBytes, samples };
}
