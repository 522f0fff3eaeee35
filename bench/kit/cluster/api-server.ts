import process from 'node:process';
import { createLogger } from '../../../src/runtime/log.js';
import { createApiServer } from '../../../src/sandbox/api/server.js';
import { pods } from '../../../src/sandbox/controllers/kinds.js';
import { Store } from '../../../src/sandbox/store/store.js';
import { serveCommands } from '../worker.js';
import { clusterObjects, type ClusterOptions, type Spread } from './cluster-objects.js';

/** A process with the sandbox's API server, and no controllers: nothing changes unless the bench changes it. */

export interface Filled {
  readonly url: string;
  readonly objects: number;
  /** Of the mean pod, as JSON. */
  readonly podBytes: number;
}

let cpuBefore = process.cpuUsage();

const commands = {
  async start({ spread, ...options }: ClusterOptions & { spread: Spread }): Promise<Filled> {
    const store = new Store();
    const log = createLogger({ level: 'warn', format: 'json' });
    let objects = 0;
    let podCount = 0;
    let podBytes = 0;
    for (const { type, object } of clusterObjects(spread, options)) {
      const outcome = store.create(type, object, { seed: true });
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.status));
      objects += 1;
      if (type === pods && ++podCount <= 1_000) podBytes += JSON.stringify(outcome.object).length;
    }
    const { url } = await createApiServer({ store, log });
    return { url, objects, podBytes: podCount === 0 ? 0 : podBytes / Math.min(podCount, 1_000) };
  },
  /** The CPU time, user and system, since the last call. */
  cpuSeconds(): number {
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuBefore = process.cpuUsage();
    return (user + system) / 1e6;
  },
} as const;

export type ApiServerCommands = typeof commands;

serveCommands(commands);
