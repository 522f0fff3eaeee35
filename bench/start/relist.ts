import type { ApiServerCommands } from '../kit/cluster/api-server.js';
import type { ProbeCommands, Vitals } from '../kit/probe.js';
import type { Worker } from '../kit/worker.js';
import { FollowedService } from './followed-service.js';

export interface RelistOptions {
  readonly apiServer: Worker<ApiServerCommands>;
  readonly probe: Worker<ProbeCommands>;
  readonly proxyApi: string;
  /** The number of the service that has the first pod. */
  readonly service: number;
  /** How many endpoints it has. */
  readonly endpoints: number;
  /** An even number: what a relist finds gone, the next one finds back. */
  readonly relists: number;
}

export interface Relist {
  /** From the end of the watch to the message that tells what was missed. */
  readonly toldMs: number;
  /** Of that time. */
  readonly vitals: Vitals;
  readonly cpuSeconds: number;
}

/**
 * Lists all pods anew, as after 410, several times. Meanwhile every hundredth pod is deleted, or comes back. Throws where a
 * client is told anything but what became of the first.
 */
export async function measureRelists(options: RelistOptions): Promise<readonly Relist[]> {
  const { apiServer, probe, proxyApi, service, endpoints, relists } = options;
  const followed = new FollowedService(proxyApi, service);
  try {
    await followed.expect('add', endpoints);
    const all: Relist[] = [];
    for (let count = 0; count < relists; count++) {
      const before = await probe.call('vitals');
      const startedMs = performance.now();
      await apiServer.call('expirePods');
      await followed.expect(count % 2 === 0 ? 'remove' : 'add', 1);
      const toldMs = performance.now() - startedMs;
      const vitals = await probe.call('vitals');
      all.push({ toldMs, vitals, cpuSeconds: vitals.cpuSeconds - before.cpuSeconds });
    }
    return all;
  } finally {
    followed.close();
  }
}
