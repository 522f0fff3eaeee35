import { setMaxListeners } from 'node:events';
import type {
  BackendsRow,
  ControllerKind,
  ControllerRow,
  ExternalWorkloadRow,
  NamespaceRow,
  NodeRow,
  PodRow,
  ServerRow,
  ServiceProfileRow,
  ServiceRow,
  WorkloadOwnerRow,
} from '../mesh/rows.js';
import type { Logger } from '../runtime/log.js';
import type { ApiClient } from './api-client.js';
import { type BackendsSource, BackendsWatch } from './backends-watch.js';
import type { Clock } from './clock.js';
import { meshLabels } from './decode/mesh-labels.js';
import { Reflector } from './reflector.js';
import type { ReflectorLimits } from './reflector-limits.js';
import type { Resource } from './resource.js';
import * as resources from './resources.js';
import type { Sink } from './sink.js';
import type { WatchStatus } from './watch-status.js';

/** Where each kind goes. A kind without a sink isn't watched. */
export interface ClusterSinks {
  readonly services?: Sink<ServiceRow>;
  readonly backends?: BackendsTarget;
  readonly pods?: Sink<PodRow>;
  readonly nodes?: Sink<NodeRow>;
  readonly replicaSets?: Sink<WorkloadOwnerRow>;
  readonly jobs?: Sink<WorkloadOwnerRow>;
  readonly namespaces?: Sink<NamespaceRow>;
  readonly controllers?: Readonly<Record<ControllerKind, Sink<ControllerRow>>>;
  // These need not be installed: until they are, there are none of them.
  readonly serviceProfiles?: Sink<ServiceProfileRow>;
  readonly servers?: Sink<ServerRow>;
  readonly externalWorkloads?: Sink<ExternalWorkloadRow>;
}

export interface BackendsTarget {
  readonly source: BackendsSource;
  readonly sink: Sink<BackendsRow>;
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

/** What keeps one sink equal to the cluster. */
type Watch = Pick<Reflector<unknown>, 'run' | 'synced' | 'status'>;

const controllerKinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
  'CronJob',
] as const satisfies readonly ControllerKind[];

/** Starts to keep the sinks equal to the cluster. */
export function watchCluster(options: WatchClusterOptions): WatchSet {
  const { sinks, client, log, limits, clock, random } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  setMaxListeners(0, signal);
  const common = {
    client,
    log,
    signal,
    ...(limits && { limits }),
    ...(clock && { clock }),
    ...(random && { random }),
  };
  const labels = meshLabels(options.meshDomain);
  const watches: Watch[] = [];

  function watch<Row>(resource: Resource<Row>, sink: Sink<Row> | undefined): void {
    if (sink !== undefined) watches.push(new Reflector({ ...common, resource, sink }));
  }
  function watchBackends({ source, sink }: BackendsTarget): void {
    if (source === 'auto') watches.push(new BackendsWatch({ ...common, labels, sink }));
    else watch(source === 'slices' ? resources.endpointSlices(labels) : resources.endpoints(labels), sink);
  }
  watch(resources.services(labels), sinks.services);
  if (sinks.backends !== undefined) watchBackends(sinks.backends);
  watch(resources.pods(labels), sinks.pods);
  watch(resources.nodes(), sinks.nodes);
  watch(resources.replicaSets(), sinks.replicaSets);
  watch(resources.jobs(), sinks.jobs);
  watch(resources.namespaces(), sinks.namespaces);
  for (const kind of controllerKinds) watch(resources.controllers(kind), sinks.controllers?.[kind]);
  watch(resources.serviceProfiles(), sinks.serviceProfiles);
  watch(resources.servers(), sinks.servers);
  watch(resources.externalWorkloads(labels), sinks.externalWorkloads);

  const runs = watches.map(async (each) => {
    try {
      await each.run();
    } catch (error) {
      ended.abort(error);
      throw error;
    }
  });
  const synced = all(watches.map((each) => each.synced));
  // Whoever awaits `synced` alone learns of a failure from it; `done` is for those who outlive it.
  synced.catch(() => {});
  return {
    synced,
    done: settled(runs),
    status: () => watches.map((each) => each.status()),
  };
}

async function all(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.all(promises);
}

/** Waits for all, then rejects with the first failure if there was one. */
async function settled(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
