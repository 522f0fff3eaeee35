import type { BackendsRow } from '../mesh/rows.js';
import type { Absence } from './absence.js';
import { ApiError } from './api-error.js';
import type { MeshLabels } from './decode/mesh-labels.js';
import { Deferred } from './deferred.js';
import { isServed } from './is-served.js';
import { Reflector, type ReflectorOptions } from './reflector.js';
import type { Resource } from './resource.js';
import { endpointSlices, endpoints } from './resources.js';
import type { WatchStatus } from './watch-status.js';

/** Where the backends of services are read from; `auto`: from EndpointSlices where the API server has them. */
export type BackendsSource = 'auto' | 'slices' | 'endpoints';

export interface BackendsWatchOptions extends Omit<ReflectorOptions<BackendsRow>, 'resource' | 'onAbsent'> {
  readonly labels: MeshLabels;
}

/** How often, and over how long, a server has to say that it has no slices: one that starts may not have loaded them yet. */
const minAbsentLists = 3;
const minAbsentMs = 1_000;

/**
 * Keeps a sink equal to the EndpointSlices of the cluster or, where the API server has none to offer (Kubernetes 1.20 and
 * earlier), to its Endpoints. The choice is made once, before there is a first state: the sink never sees both.
 *
 * The API server need not be reachable at the start. Until it has answered, slices are what is waited for.
 */
export class BackendsWatch {
  readonly #options: BackendsWatchOptions;
  readonly #synced = new Deferred();
  readonly #noSlices = new AbortController();
  #current: Reflector<BackendsRow>;

  constructor(options: BackendsWatchOptions) {
    this.#options = options;
    this.#current = new Reflector({
      ...options,
      resource: endpointSlices(options.labels),
      signal: AbortSignal.any([options.signal, this.#noSlices.signal]),
      onAbsent: (absence) => this.#consider(absence),
    });
  }

  /** Resolves when the sink has been given a first whole state; rejects if the watch ends before that. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Of the one kind that is watched at the time. */
  status(): WatchStatus {
    return this.#current.status();
  }

  /** Runs until the signal aborts, and resolves then. Rejects only for a bug, such as a sink that throws. */
  async run(): Promise<void> {
    const { signal, labels } = this.#options;
    try {
      await this.#follow(this.#current);
      if (signal.aborted) return;
      this.#current = new Reflector({ ...this.#options, resource: endpoints(labels) });
      await this.#follow(this.#current);
    } catch (error) {
      this.#synced.reject(error);
      throw error;
    } finally {
      this.#synced.reject(signal.reason);
    }
  }

  async #follow(reflector: Reflector<BackendsRow>): Promise<void> {
    const { log } = this.#options;
    const chosen = (): void => {
      log.info({ source: reflector.status().kind }, 'source of backends chosen');
      this.#synced.resolve();
    };
    reflector.synced.then(chosen, () => undefined);
    await reflector.run();
  }

  async #consider({ lists, forMs }: Absence): Promise<void> {
    if (lists < minAbsentLists || forMs < minAbsentMs || !(await this.#hasEndpoints())) return;
    this.#options.log.warn(
      { lists, forMs: Math.round(forMs) },
      'the API server has no EndpointSlices; taking Endpoints, which hold no more than 1,000 addresses a service',
    );
    this.#noSlices.abort();
  }

  /** Whatever says that it has neither kind is no API server: a load balancer, say, that has none behind it yet. */
  async #hasEndpoints(): Promise<boolean> {
    const { client, labels, log, signal } = this.#options;
    const resource: Resource<BackendsRow> = endpoints(labels);
    try {
      return await isServed(client, resource, signal);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      log.debug({ kind: resource.kind, detail: error.message }, 'no answer as to whether it is served');
      return false;
    }
  }
}
