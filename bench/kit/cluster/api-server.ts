import process from 'node:process';
import { createLogger } from '../../../src/runtime/log.js';
import { type ApiServer, createApiServer } from '../../../src/sandbox/api/server.js';
import { pods } from '../../../src/sandbox/controllers/kinds.js';
import { Store } from '../../../src/sandbox/store/store.js';
import type { KubeObject } from '../../../src/sandbox/store/object.js';
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
let server: ApiServer | undefined;
const store = new Store();
/** Every hundredth pod, the first included. */
const fickle: KubeObject[] = [];
let fickleArePresent = true;

const commands = {
  async start({ spread, ...options }: ClusterOptions & { spread: Spread }): Promise<Filled> {
    const log = createLogger({ level: 'warn', format: 'json' });
    let objects = 0;
    let podCount = 0;
    let podBytes = 0;
    for (const { type, object } of clusterObjects(spread, options)) {
      const outcome = store.create(type, object, { seed: true });
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.status));
      objects += 1;
      if (type !== pods) continue;
      if (podCount % 100 === 0) fickle.push(object);
      if (++podCount <= 1_000) podBytes += JSON.stringify(outcome.object).length;
    }
    server = await createApiServer({ store, log });
    return { url: server.url, objects, podBytes: podCount === 0 ? 0 : podBytes / Math.min(podCount, 1_000) };
  },
  /** Ends the watches of pods with 410. Before they are listed anew, every hundredth pod is deleted, or comes back. */
  expirePods(): void {
    server?.faults.expireWatches(pods.plural);
    for (const pod of fickle) {
      const { namespace, name } = pod.metadata;
      const outcome = fickleArePresent
        ? store.delete(pods, namespace, name, { gracePeriodSeconds: 0 })
        : store.create(pods, pod, { seed: true });
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.status));
    }
    fickleArePresent = !fickleArePresent;
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
