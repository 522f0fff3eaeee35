import type { Logger } from '../runtime/log.js';
import { type Clock, systemClock } from './controllers/clock.js';
import type { Controller, ControllerContext } from './controllers/controller.js';
import { startDaemonSets } from './controllers/daemon-sets.js';
import { startDeployments } from './controllers/deployments.js';
import { createEventRecorder } from './controllers/event-recorder.js';
import { startGarbageCollector } from './controllers/garbage-collector.js';
import { startJobs } from './controllers/jobs.js';
import { startKubelet } from './controllers/kubelet.js';
import { seedNamespaces, startServiceAccounts } from './controllers/namespaces.js';
import { seedNodes } from './controllers/nodes.js';
import { startReplicaSets } from './controllers/replica-sets.js';
import { startScheduler } from './controllers/scheduler.js';
import { startServiceEndpoints } from './controllers/service-endpoints.js';
import { startServices } from './controllers/services.js';
import { startStatefulSets } from './controllers/stateful-sets.js';
import { createViews } from './controllers/views.js';
import type { PodRuntime } from './containers/pod-runtime.js';
import type { Store } from './store/store.js';

export interface ClusterOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly clock?: Clock;
  /** How many nodes there are to begin with. Default 3. */
  readonly nodes?: number;
  /** Namespaces to begin with. Default `default`, `kube-system` and `conduit`. */
  readonly namespaces?: readonly string[];
  /** How long a pod that runs no program takes to become ready once it has a node. Default 500. */
  readonly podReadyDelayMs?: number;
  /** How long such a pod takes to end once it is deleted, if its grace period is no shorter. Default 1,000. */
  readonly podStopDelayMs?: number;
  /** Runs the pods whose images name programs. Default: none runs, and all pods are mere addresses. */
  readonly runtime?: PodRuntime;
  /**
   * Where pods and Services get their addresses. Both networks lie in 127.0.0.0/8, which on Linux needs no set-up, so that
   * a process can listen on the address of the pod that it stands for. Defaults 127.64.0.0/11 and 127.96.0.0/12.
   */
  readonly podNetwork?: string;
  readonly serviceNetwork?: string;
  /** How many Events are kept; 0 for none. Default 1,000. */
  readonly maxEvents?: number;
}

/** A running cluster. */
export interface Cluster {
  /** Ends all controllers at once. The store stays as it is then. */
  stop(): void;
}

/**
 * Brings the objects of a store to life: does for them what Kubernetes' controllers, scheduler and kubelets would.
 * Containers run only where a `runtime` has programs for them. Everything follows from what the store holds, so it may hold anything to begin with, and
 * controllers may be stopped and started again on the same store.
 */
export function startCluster(options: ClusterOptions): Cluster {
  const { store, log, clock = systemClock, maxEvents = 1_000 } = options;
  seedNamespaces(store, options.namespaces ?? ['default', 'kube-system', 'conduit']);
  seedNodes({ store, clock, count: options.nodes ?? 3 });

  const views = createViews(store);
  const record = createEventRecorder({ store, clock, maxEvents });
  const context: ControllerContext = { store, views, clock, log, record };
  const controllers: readonly Controller[] = [
    startServiceAccounts(context),
    startServices(context, { serviceNetwork: options.serviceNetwork ?? '127.96.0.0/12' }),
    startDeployments(context),
    startReplicaSets(context),
    startStatefulSets(context),
    startDaemonSets(context),
    startJobs(context),
    startScheduler(context),
    startKubelet(context, {
      podNetwork: options.podNetwork ?? '127.64.0.0/11',
      readyDelayMs: options.podReadyDelayMs ?? 500,
      stopDelayMs: options.podStopDelayMs ?? 1_000,
      runtime: options.runtime,
    }),
    startServiceEndpoints(context),
    startGarbageCollector(context),
  ];
  return {
    stop: () => {
      for (const controller of controllers) controller.stop();
      views.close();
    },
  };
}
