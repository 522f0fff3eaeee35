import { isDeepStrictEqual } from 'node:util';
import { ApiClient } from '../../src/kube/api-client.js';
import type { CredentialSource } from '../../src/kube/cluster.js';
import { noCredentials } from '../../src/kube/credentials.js';
import { JsonNode } from '../../src/kube/decode/json-node.js';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import type { ReflectorLimits } from '../../src/kube/reflector-limits.js';
import type { Resource } from '../../src/kube/resource.js';
import { endpointSlices, pods, services } from '../../src/kube/resources.js';
import { type WatchSet, watchCluster } from '../../src/kube/watch-set.js';
import type { FailureReason, RelistReason, WatchStatus } from '../../src/kube/watch-status.js';
import type { BackendsRow, PodRow, ServiceRow } from '../../src/mesh/rows.js';
import { type ApiServer, createApiServer } from '../../src/sandbox/api/server.js';
import { type ResourceType, resourceByKind } from '../../src/sandbox/store/resource.js';
import { Store } from '../../src/sandbox/store/store.js';
import { type RawObject, rawPod } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { ManualClock } from './manual-clock.js';
import { RecordingSink } from './recording-sink.js';

/**
 * The watches of a cluster against the sandbox's API server. The watches' time is the test's, and moves by itself over
 * whatever they wait for before they try again; the server's is real.
 */
export class SandboxLab {
  readonly store: Store;
  readonly clock = new ManualClock();
  readonly controller = new AbortController();
  readonly log = recordingLog();
  readonly services: FaithfulSink<ServiceRow>;
  readonly slices: FaithfulSink<BackendsRow>;
  readonly pods: FaithfulSink<PodRow>;
  /** The delays that were waited for, and why. */
  readonly waited: { readonly reason: FailureReason; readonly delayMs: number }[] = [];
  renewals = 0;
  server: ApiServer;
  readonly #client: ApiClient;
  readonly #watches: WatchSet;

  private constructor(store: Store, server: ApiServer, limits: Partial<ReflectorLimits>) {
    this.store = store;
    this.server = server;
    const labels = meshLabels('conduit.io');
    this.services = new FaithfulSink(store, services(labels), typeOf('v1', 'Service'));
    this.slices = new FaithfulSink(
      store,
      endpointSlices(labels),
      typeOf('discovery.k8s.io/v1', 'EndpointSlice'),
    );
    this.pods = new FaithfulSink(store, pods(labels), typeOf('v1', 'Pod'));
    const credentials: CredentialSource = {
      get: async () => noCredentials,
      renew: async () => {
        this.renewals += 1;
        return { ...noCredentials };
      },
    };
    this.#client = new ApiClient({
      cluster: { server: new URL(server.url), description: 'sandbox', credentials },
      clock: this.clock,
    });
    this.#watches = watchCluster({
      client: this.#client,
      sinks: {
        services: this.services,
        backends: { source: 'slices', sink: this.slices },
        pods: this.pods,
      },
      meshDomain: 'conduit.io',
      log: this.log.log,
      signal: this.controller.signal,
      clock: this.clock,
      limits,
      random: () => 0,
    });
  }

  /** A lab whose watches are open, over `names` as pods. */
  static async open(
    names: readonly string[] = [],
    limits: Partial<ReflectorLimits> = {},
  ): Promise<SandboxLab> {
    const store = new Store();
    const server = await createApiServer({ store, log: recordingLog().log });
    const lab = new SandboxLab(store, server, limits);
    for (const name of names) lab.addPod(name);
    await lab.#watches.synced;
    await lab.settled();
    return lab;
  }

  addPod(name: string, options: Parameters<typeof rawPod>[1] = {}): void {
    this.apply(rawPod(name, options));
  }

  apply(raw: RawObject): void {
    const type = typeOf(raw.apiVersion, raw.kind);
    const { resourceVersion: _, uid: __, ...metadata } = raw.metadata;
    const object = { ...raw, metadata };
    const exists = this.store.get(type, raw.metadata.namespace, raw.metadata.name) !== undefined;
    const outcome = exists
      ? this.store.update(type, object)
      : this.store.create(type, object, { seed: true });
    if (!outcome.ok) throw new Error(outcome.status.message);
  }

  /** Changes something that can be changed of a pod that exists. */
  relabelPod(name: string, hash: string): void {
    this.addPod(name, { labels: { 'pod-template-hash': hash } });
  }

  deletePod(name: string): void {
    const outcome = this.store.delete(typeOf('v1', 'Pod'), 'default', name, { gracePeriodSeconds: 0 });
    if (!outcome.ok) throw new Error(outcome.status.message);
  }

  status(kind = 'Pod'): WatchStatus {
    const found = this.#watches.status().find((watch) => watch.kind === kind);
    if (found === undefined) throw new Error(`no watch of ${kind}`);
    return found;
  }

  failures(kind = 'Pod'): Partial<Record<FailureReason, number>> {
    return positive(this.status(kind).counters.failures);
  }

  relists(kind = 'Pod'): Partial<Record<RelistReason, number>> {
    return positive(this.status(kind).counters.relists);
  }

  /** Waits for `condition`, letting every backoff pass as soon as it is there. */
  async eventually(condition: () => boolean, what: string): Promise<void> {
    await until(
      () => {
        if (condition()) return true;
        this.#passBackoff();
        return false;
      },
      { what },
    );
  }

  /** Waits until all watches work and every sink equals the store. */
  async settled(): Promise<void> {
    await this.eventually(
      () =>
        this.#watches.status().every((watch) => watch.staleSinceMs === undefined) &&
        [this.services, this.slices, this.pods].every((sink) => sink.equalsStore()),
      'the watches to work and the sinks to equal the store',
    );
  }

  /** Waits until a failure has happened to the pods' watch, and everything is well again. */
  async recovered(reason: FailureReason): Promise<void> {
    const before = this.failures()[reason] ?? 0;
    await this.eventually(() => (this.failures()[reason] ?? 0) > before, `a failure: ${reason}`);
    await this.settled();
  }

  async restart(whileDown: () => Promise<void>): Promise<void> {
    const { port } = this.server;
    await this.server.close();
    await whileDown();
    this.server = await createApiServer({ store: this.store, log: recordingLog().log, port });
  }

  async close(): Promise<void> {
    this.controller.abort();
    await this.#watches.done;
    this.#client.close();
    await this.server.close();
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers left behind`);
  }

  /** Moves on to the next attempt, once no request is under way: time that passed would count as its silence. */
  #passBackoff(): void {
    const lost = this.#watches.status().filter(({ staleSinceMs }) => staleSinceMs !== undefined);
    const waits = lost.flatMap(({ phase }) => (phase.kind === 'backing-off' ? [phase] : []));
    const next = waits.sort((a, b) => a.untilMs - b.untilMs)[0];
    if (next === undefined || waits.length < lost.length) return;
    const delayMs = next.untilMs - this.clock.nowMs();
    this.waited.push({ reason: next.reason, delayMs });
    this.clock.advance(delayMs);
  }
}

/** A sink that knows the truth: it throws when it is told that something is gone which never was. */
class FaithfulSink<Row> extends RecordingSink<Row> {
  readonly #store: Store;
  readonly #resource: Resource<Row>;
  readonly #type: ResourceType;
  readonly #deleted = new Set<string>();

  constructor(store: Store, resource: Resource<Row>, type: ResourceType) {
    super();
    this.#store = store;
    this.#resource = resource;
    this.#type = type;
    store.follow(type, ({ event }) => {
      const { namespace, name } = event.object.metadata;
      if (event.type === 'DELETED') this.#deleted.add(`${namespace}/${name}`);
    });
  }

  override delete(key: string): void {
    if (this.rows.has(key)) this.#checkGone(key);
    super.delete(key);
  }

  override reset(rows: ReadonlyMap<string, Row>): void {
    for (const key of this.rows.keys()) if (!rows.has(key)) this.#checkGone(key);
    super.reset(rows);
  }

  equalsStore(): boolean {
    const truth = new Map<string, Row>();
    for (const object of this.#store.list(this.#type)) {
      const decoded = this.#resource.decode(JsonNode.root(object));
      if (decoded.kind === 'row') truth.set(this.#resource.keyOf(decoded.row), decoded.row);
    }
    return isDeepStrictEqual(new Map([...this.rows].sort(byKey)), new Map([...truth].sort(byKey)));
  }

  #checkGone(key: string): void {
    if (!this.#deleted.has(key)) throw new Error(`${key} was removed, and is there`);
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function typeOf(apiVersion: string, kind: string): ResourceType {
  const type = resourceByKind(apiVersion, kind);
  if (type === undefined) throw new Error(`no ${apiVersion} ${kind}`);
  return type;
}

function positive<Name extends string>(
  counts: Readonly<Record<Name, number>>,
): Partial<Record<Name, number>> {
  const entries = Object.entries<number>(counts).filter(([, count]) => count > 0);
  return Object.fromEntries(entries) as Partial<Record<Name, number>>;
}
