import { setMaxListeners } from 'node:events';
import type { BackendsRow, NodeRow, PodRow, ServiceRow, WorkloadOwnerRow } from '../mesh/rows.js';
import type { Logger } from '../runtime/log.js';
import type { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import type { Clock } from './clock.js';
import { meshLabels } from './decode/mesh-labels.js';
import { Reflector } from './reflector.js';
import type { ReflectorLimits } from './reflector-limits.js';
import type { Collection, Resource } from './resource.js';
import * as resources from './resources.js';
import type { Sink } from './sink.js';
import type { WatchStatus } from './watch-status.js';

/** Where each kind goes. A kind without a sink isn't watched. */
export interface ClusterSinks {
  readonly services?: Sink<ServiceRow>;
  /** Fill one table from `endpointSlices` or from `endpoints`, never from both: each resets it to its own. */
  readonly endpointSlices?: Sink<BackendsRow>;
  readonly endpoints?: Sink<BackendsRow>;
  readonly pods?: Sink<PodRow>;
  readonly nodes?: Sink<NodeRow>;
  readonly replicaSets?: Sink<WorkloadOwnerRow>;
  readonly jobs?: Sink<WorkloadOwnerRow>;
}

export interface WatchClusterOptions {
  readonly client: ApiClient;
  readonly sinks: ClusterSinks;
  /** `conduit.io`, or `linkerd.io` for workloads that Linkerd injected. */
  readonly meshDomain: string;
  readonly log: Logger;
  /** Ends all watches. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<ReflectorLimits>;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The watches of one cluster. */
export interface WatchSet {
  /** Resolves when every sink has been given a first whole state; rejects if that can't happen any more. */
  readonly synced: Promise<void>;
  /**
   * Resolves when all watches have ended, after the signal. Rejects for a bug in a sink or a decoder, which has ended
   * all of them: the process should end too.
   */
  readonly done: Promise<void>;
  /** What each watch is doing, in a fixed order. */
  status(): readonly WatchStatus[];
}

/** Starts to keep the sinks equal to the cluster. */
export function watchCluster(options: WatchClusterOptions): WatchSet {
  const { sinks, client, log, limits, clock, random } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  setMaxListeners(0, signal);
  const reflectors: Pick<Reflector<unknown>, 'run' | 'synced' | 'status'>[] = [];

  function watch<Row>(resource: Resource<Row>, sink: Sink<Row> | undefined): void {
    if (sink === undefined) return;
    reflectors.push(
      new Reflector({
        client,
        resource,
        sink,
        log,
        signal,
        ...(limits && { limits }),
        ...(clock && { clock }),
        ...(random && { random }),
      }),
    );
  }
  watch(resources.services(), sinks.services);
  watch(resources.endpointSlices(), sinks.endpointSlices);
  watch(resources.endpoints(), sinks.endpoints);
  watch(resources.pods(meshLabels(options.meshDomain)), sinks.pods);
  watch(resources.nodes(), sinks.nodes);
  watch(resources.replicaSets(), sinks.replicaSets);
  watch(resources.jobs(), sinks.jobs);

  const runs = reflectors.map(async (reflector) => {
    try {
      await reflector.run();
    } catch (error) {
      ended.abort(error);
      throw error;
    }
  });
  const synced = all(reflectors.map((reflector) => reflector.synced));
  // Whoever awaits `synced` alone learns of a failure from it; `done` is for those who outlive it.
  synced.catch(() => {});
  return {
    synced,
    done: settled(runs),
    status: () => reflectors.map((reflector) => reflector.status()),
  };
}

/** Whether the API server has a resource at all. Throws an `ApiError` where it doesn't say. */
export async function isServed(
  client: ApiClient,
  collection: Collection,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.getJson({ path: collection.path, query: { limit: '1' }, signal });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.failure.kind === 'refused' && error.failure.status === 404)
      return false;
    throw error;
  }
}

async function all(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.all(promises);
}

/** Waits for all, then rejects with the first failure if there was one. */
async function settled(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
