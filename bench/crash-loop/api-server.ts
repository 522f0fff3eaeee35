import { setTimeout } from 'node:timers/promises';
import { createLogger } from '../../src/runtime/log.js';
import { createApiServer } from '../../src/sandbox/api/server.js';
import { endpointSlices, pods } from '../../src/sandbox/controllers/kinds.js';
import { Store } from '../../src/sandbox/store/store.js';
import { clusterObjects } from '../kit/cluster/cluster-objects.js';
import { serveCommands } from '../kit/worker.js';
import { CrashLoop, type CrashLoopOptions } from './crash-loop.js';

/** A process with the sandbox's API server, in which every pod crashes, is restarted, and crashes again. */

export interface Churned {
  readonly podUpdates: number;
  readonly podsReplaced: number;
  readonly sliceUpdates: number;
}

const store = new Store();
let crashLoop: CrashLoop | undefined;

const commands = {
  async start(options: CrashLoopOptions): Promise<string> {
    for (const { type, object } of clusterObjects(options.spread)) {
      const outcome = store.create(type, object, { seed: true });
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.status));
    }
    crashLoop = new CrashLoop(
      {
        apply(object) {
          const type = object.kind === 'Pod' ? pods : endpointSlices;
          const { namespace, name } = object.metadata;
          const known = store.get(type, namespace, name);
          const outcome =
            known === undefined
              ? store.create(type, object, { seed: true })
              : store.update(type, object, type === pods ? { subresource: 'status' } : {});
          if (!outcome.ok) throw new Error(JSON.stringify(outcome.status));
        },
        deletePod(namespace, name) {
          store.delete(pods, namespace, name, { gracePeriodSeconds: 0 });
        },
      },
      options,
    );
    const { url } = await createApiServer({ store, log: createLogger({ level: 'warn', format: 'json' }) });
    return url;
  },
  /** Begins to crash. */
  churn(): void {
    running().start();
  },
  /** What has happened since the last call. */
  churned(): Churned {
    return running().takeCounts();
  },
  /** Ends it, when every slice says what its pods are. Returns the addresses that are ready, by service. */
  async settle(): Promise<readonly (readonly string[])[]> {
    running().stop();
    await setTimeout(100);
    return running().readyAddresses();
  },
} as const;

export type CrashLoopCommands = typeof commands;

function running(): CrashLoop {
  if (crashLoop === undefined) throw new Error('not started');
  return crashLoop;
}

serveCommands(commands);
