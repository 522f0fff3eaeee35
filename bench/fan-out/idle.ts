import { join } from 'node:path';
import type { BenchOptions } from '../kit/bench.js';
import { formatNumber } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker } from '../kit/worker.js';
import type { ClientCommands } from './client.js';
import type { Memory, ServerCommands, VariantName } from './server.js';

const variants: readonly VariantName[] = ['conduit', 'bare grpc-js', 'bare http2'];

/** A few endpoints: what the first message leaves behind in the sockets is not what is measured. */
const serviceSize = 3;

/** What a server's process takes for streams on which nothing happens, a hundred on each connection. */
export async function measureIdle({ quick, build, nodeFlags }: BenchOptions): Promise<void> {
  // The first streams also pay for code that is compiled and pools that are filled once.
  const first = quick ? 200 : 1_000;
  const more = quick ? 800 : 4_000;
  const streams = first + more;
  const connections = streams / 100;

  const rows = [
    ['variant', 'RSS before', 'RSS with all', 'RSS KB/stream', 'beyond the first', 'heap KB/stream'],
  ];
  let conduit = Number.NaN;
  for (const name of variants) {
    const client = startWorker<ClientCommands>({ module: join(build, 'bench/fan-out/client.js') });
    const server = startWorker<ServerCommands>({
      module: join(build, 'bench/fan-out/server.js'),
      nodeFlags: ['--expose-gc', ...nodeFlags],
    });
    try {
      const port = await server.call('start', { name, size: serviceSize });
      const open = async (fleet: string, count: number): Promise<Memory> => {
        const perFleet = { name: fleet, port, streams: count, connections: count / 100, size: serviceSize };
        await client.call('open', perFleet);
        return server.call('memory');
      };
      const before = await server.call('memory');
      const afterFirst = await open('first', first);
      const after = await open('more', more);
      const held = await server.call('streams');
      if (held !== streams) throw new Error(`${name} holds ${held} streams, not ${streams}`);
      const perStream = (from: number, to: number, count: number): number => (to - from) / count / 1_000;
      const rss = perStream(before.rssBytes, after.rssBytes, streams);
      if (name === 'conduit') conduit = rss;
      rows.push([
        name,
        `${formatNumber(before.rssBytes / 1e6)} MB`,
        `${formatNumber(after.rssBytes / 1e6)} MB`,
        formatNumber(rss),
        formatNumber(perStream(afterFirst.rssBytes, after.rssBytes, more)),
        formatNumber(perStream(afterFirst.heapBytes, after.heapBytes, more)),
      ]);
    } finally {
      await Promise.all([server.stop(), client.stop()]);
    }
  }
  console.log(`${streams} idle streams on ${connections} connections, after a full collection`);
  console.log(formatTable(rows, 1));
  console.log();
  printTarget('an idle stream', conduit, { atMost: 15 }, ' KB RSS');
}
