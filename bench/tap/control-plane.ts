import process from 'node:process';
import { createTapService } from '../../src/grpc/tap.js';
import { createRegistry } from '../../src/runtime/metrics.js';
import { allowEverybody } from '../../src/tap/authorize.js';
import { credentialHeaders } from '../../src/tap/redaction.js';
import { Upstreams } from '../../src/tap/upstreams.js';
import { startGrpcServer } from '../kit/grpc-server.js';
import { serveCommands } from '../kit/worker.js';

/** What is measured: the tap service and its server, as the control plane runs them, for pods at given addresses. */

/** What a pod has in a cluster. */
const labels = new Map([
  ['namespace', 'shop'],
  ['pod', 'web-6d4b75cb6d-x7k2p'],
  ['deployment', 'web'],
  ['serviceaccount', 'web'],
]);

const commands = {
  /** Serves, and returns the address. */
  async start({ proxies }: { readonly proxies: readonly string[] }): Promise<string> {
    const upstreams = new Upstreams({
      labelsOf: () => labels,
      labelsOfPod: () => labels,
      redacted: new Set(credentialHeaders),
      // What is measured is what one can take, not where one stops to listen.
      maxEventsPerSecond: 10_000_000,
      random: Math.random,
    });
    const pods = proxies.map((tapAddress, index) => ({
      id: `shop/web-6d4b75cb6d-${index}`,
      tapAddress,
      isMeshed: true,
    }));
    const service = createTapService({
      upstreams,
      watchTarget: () => ({ state: { exists: true, pods }, close: () => undefined }),
      random: Math.random,
      authorize: allowEverybody,
      registry: createRegistry({ version: 'bench' }),
      limits: { maxViewers: 200 },
    });
    const { address } = await startGrpcServer(service);
    return address;
  },
  cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  rssBytes: (): number => process.memoryUsage.rss(),
} as const;

export type TapControlPlaneCommands = typeof commands;

serveCommands(commands);
