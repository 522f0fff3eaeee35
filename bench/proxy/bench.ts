import { join } from 'node:path';
import type { Bench, BenchOptions } from '../kit/bench.js';
import { formatNumber, formatSummary, summarize } from '../kit/statistics.js';
import { formatTable } from '../kit/table.js';
import { printTarget } from '../kit/target.js';
import { startWorker, type Worker } from '../kit/worker.js';
import type { BareCommands } from './bare.js';
import type { ClientCommands, Load, Times } from './client.js';
import { startDestination } from './destination.js';
import type { Protocol, ServerCommands } from './server.js';
import type { SidecarCommands } from './sidecar.js';

/**
 * Two sidecars between a client and an application, beside the client alone with the application and, for HTTP/1, beside
 * two proxies that do nothing but pipe.
 */
interface Path {
  readonly name: string;
  readonly protocol: Protocol;
  /** Whether HTTP/1 is carried over HTTP/2 between the sidecars. */
  readonly isUpgraded: boolean;
}

const paths: readonly Path[] = [
  { name: 'HTTP/1', protocol: 'http1', isUpgraded: false },
  { name: 'HTTP/1 over HTTP/2', protocol: 'http1', isUpgraded: true },
  { name: 'HTTP/2', protocol: 'http2', isUpgraded: true },
];

const authority = 'web.shop.svc.cluster.local';

interface Round extends Times {
  /** Of both sidecars, for each request. */
  readonly cpuMicros: number;
  readonly perSecond: number;
}

export const proxy: Bench = {
  name: 'proxy',
  summary: 'two sidecars between a client and an application, beside none and bare ones: rate, time, CPU',
  async run(options) {
    const rows = [['path', 'at a time', 'variant', 'requests/s', 'p50 ms', 'p99 ms', 'proxy CPU µs']];
    const targets: (() => void)[] = [];
    for (const path of paths) {
      for (const concurrency of [1, 50]) {
        const { direct, bare, meshed } = await measure(path, concurrency, options);
        rows.push(describe(path, concurrency, 'direct', direct));
        if (bare.length > 0) rows.push(describe(path, concurrency, 'two bare proxies', bare));
        rows.push(describe(path, concurrency, 'two sidecars', meshed));
        targets.push(() => printRatios(path, concurrency, { direct, bare, meshed }));
      }
    }
    console.log(formatTable(rows, 1));
    console.log();
    for (const print of targets) print();
  },
};

interface Rounds {
  readonly direct: readonly Round[];
  /** Empty where there is no such variant. */
  readonly bare: readonly Round[];
  readonly meshed: readonly Round[];
}

async function measure(
  { protocol, isUpgraded }: Path,
  concurrency: number,
  { quick, build, nodeFlags }: BenchOptions,
): Promise<Rounds> {
  const workers: { stop(): Promise<void> }[] = [];
  const start = <C extends ServerCommands | SidecarCommands | ClientCommands | BareCommands>(
    name: string,
    flags: readonly string[] = [],
  ): Worker<C> => {
    const worker = startWorker<C>({ module: join(build, `bench/proxy/${name}.js`), nodeFlags: flags });
    workers.push(worker);
    return worker;
  };
  try {
    const appPort = await start<ServerCommands>('server').call('start', protocol);
    const inbound = start<SidecarCommands>('sidecar', nodeFlags);
    const inboundPort = await inbound.call('start', { forwardPort: appPort });
    const destination = await startDestination(inboundPort, isUpgraded);
    workers.push({ stop: async () => destination.stop() });
    const outbound = start<SidecarCommands>('sidecar', nodeFlags);
    const outboundPort = await outbound.call('start', { destinationAddress: destination.address });
    const client = start<ClientCommands>('client');
    const [bareInbound, bareOutbound] = [start<BareCommands>('bare'), start<BareCommands>('bare')];
    const barePort = await bareOutbound.call('start', await bareInbound.call('start', appPort));

    const proxies = [inbound, outbound, bareInbound, bareOutbound];
    const spent = async (): Promise<number> =>
      (await Promise.all(proxies.map((it) => it.call('cpuMicros')))).reduce((sum, it) => sum + it, 0);
    const requests = concurrency === 1 ? 1_000 : 5_000;
    const run = async (port: number): Promise<Round> => {
      const load: Load = { protocol, port, authority, concurrency, requests };
      const before = await spent();
      const times = await client.call('run', load);
      const cpuMicros = ((await spent()) - before) / requests;
      return { ...times, cpuMicros, perSecond: (requests / times.wallMs) * 1_000 };
    };
    const rounds = quick ? 3 : 11;
    const direct: Round[] = [];
    const bare: Round[] = [];
    const meshed: Round[] = [];
    for (let round = -2; round < rounds; round++) {
      const turns = [
        async () => direct.push(await run(appPort)),
        ...(isUpgraded ? [] : [async () => bare.push(await run(barePort))]),
        async () => meshed.push(await run(outboundPort)),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
      // The first rounds make the code hot, and count for nothing.
      if (round < 0) direct.length = bare.length = meshed.length = 0;
    }
    return { direct, bare, meshed };
  } finally {
    await Promise.all(workers.map((it) => it.stop()));
  }
}

function describe({ name }: Path, concurrency: number, variant: string, rounds: readonly Round[]): string[] {
  const of = (pick: (round: Round) => number): string => formatSummary(summarize(rounds.map(pick)));
  return [
    name,
    String(concurrency),
    variant,
    of((it) => it.perSecond),
    of((it) => it.p50Ms),
    of((it) => it.p99Ms),
    variant === 'direct' ? '' : of((it) => it.cpuMicros),
  ];
}

function printRatios({ name }: Path, concurrency: number, { direct, bare, meshed }: Rounds): void {
  const median = (rounds: readonly Round[], pick: (round: Round) => number): number =>
    summarize(rounds.map(pick)).median;
  const where = `${name}, ${concurrency} at a time`;
  const added = (pick: (round: Round) => number): string =>
    formatNumber(median(meshed, pick) - median(direct, pick));
  console.log(`${where}: adds ${added((it) => it.p50Ms)} ms to p50, ${added((it) => it.p99Ms)} ms to p99`);
  const rate = median(meshed, (it) => it.perSecond) / median(direct, (it) => it.perSecond);
  console.log(`${where}: rate, share of direct ${formatNumber(rate)}`);
  if (bare.length === 0) return;
  const cpu = median(meshed, (it) => it.cpuMicros) / median(bare, (it) => it.cpuMicros);
  printTarget(`${where}: CPU, times two bare proxies`, cpu, { atMost: 2 });
}
