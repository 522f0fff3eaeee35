import type { KubeObject } from '../../src/sandbox/store/object.js';
import {
  endpointSlice,
  maxEndpointsPerSlice,
  podFacts,
  replicaSetUidOf,
  serviceNames,
  sliceName,
  type Spread,
} from '../kit/cluster/cluster-objects.js';
import { type PodFacts, podObject } from '../kit/cluster/pod-object.js';
import { nameSuffix } from '../kit/name-suffix.js';
import type { Churned } from './api-server.js';

export interface CrashLoopOptions {
  readonly spread: Spread;
  /** How long a pod is ready, and how long it isn't. */
  readonly phaseMs: number;
  /** One crash in so many ends with another pod in the place of this one. */
  readonly crashesPerPod: number;
  /** How often the slices of a service say anew which pods are ready: endpoints controllers gather changes for a second. */
  readonly sliceMs: number;
}

export interface Cluster {
  /** Creates the object or replaces it; of a pod only its status. */
  apply(object: KubeObject): void;
  deletePod(namespace: string, name: string): void;
}

interface Pod {
  facts: PodFacts;
  readonly service: number;
  /** Decides which of its neighbours are ready when it is. */
  readonly number: number;
  beats: number;
  ready: boolean;
  restarts: number;
}

interface Slice {
  readonly name: string;
  readonly pods: readonly Pod[];
  isStale: boolean;
}

const tickMs = 20;

/**
 * Every pod of a cluster is ready for a while, crashes, is restarted, and after some crashes is replaced by one with
 * another name and address. Each of the pods has its own beat, so that the work is spread evenly over time.
 */
export class CrashLoop {
  readonly #cluster: Cluster;
  readonly #options: CrashLoopOptions;
  readonly #pods: Pod[] = [];
  readonly #slices: Slice[] = [];
  readonly #sliceOf = new Map<Pod, Slice>();
  #created = 0;
  #nextPod = 0;
  #nextSlice = 0;
  #owedPods = 0;
  #owedSlices = 0;
  #lastMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #counts = { podUpdates: 0, podsReplaced: 0, sliceUpdates: 0 };

  constructor(cluster: Cluster, options: CrashLoopOptions) {
    this.#cluster = cluster;
    this.#options = options;
    let service = 0;
    for (const { services, podsEach } of options.spread) {
      for (let each = 0; each < services; each++, service++) this.#addService(service, podsEach);
    }
    this.#created = this.#pods.length;
  }

  start(): void {
    this.#lastMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const slice of this.#slices) this.#tell(slice);
  }

  takeCounts(): Churned {
    const counts = this.#counts;
    this.#counts = { podUpdates: 0, podsReplaced: 0, sliceUpdates: 0 };
    return counts;
  }

  readyAddresses(): readonly (readonly string[])[] {
    const addresses: string[][] = [];
    for (const { service, ready, facts } of this.#pods) {
      addresses[service] ??= [];
      if (ready) addresses[service].push(facts.ip);
    }
    return addresses.map((each) => each.sort());
  }

  #addService(service: number, podCount: number): void {
    const pods = Array.from({ length: podCount }, (_, offset): Pod => {
      const number = this.#pods.length + offset;
      return { facts: podFacts(service, number), service, number, beats: 0, ready: true, restarts: 0 };
    });
    this.#pods.push(...pods);
    for (let first = 0; first < podCount; first += maxEndpointsPerSlice) {
      const slice: Slice = {
        name: sliceName(serviceNames(service).name, first),
        pods: pods.slice(first, first + maxEndpointsPerSlice),
        isStale: false,
      };
      this.#slices.push(slice);
      for (const pod of slice.pods) this.#sliceOf.set(pod, slice);
    }
  }

  /** Does what is due by now, and no more than twice a tick's share: a late tick must not become a burst. */
  #tick(): void {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - this.#lastMs, 2 * tickMs);
    this.#lastMs = nowMs;
    const { phaseMs, sliceMs } = this.#options;
    this.#owedPods += (passedMs / phaseMs) * this.#pods.length;
    this.#owedSlices += (passedMs / sliceMs) * this.#slices.length;
    // A step that shares no divisor with the number of pods comes to each of them, and seldom to neighbours in a row.
    for (; this.#owedPods >= 1; this.#owedPods--) {
      this.#nextPod = (this.#nextPod + 7_919) % this.#pods.length;
      this.#flip(this.#pods[this.#nextPod]!);
    }
    for (; this.#owedSlices >= 1; this.#owedSlices--) {
      this.#nextSlice = (this.#nextSlice + 1) % this.#slices.length;
      this.#tell(this.#slices[this.#nextSlice]!);
    }
  }

  #flip(pod: Pod): void {
    pod.beats += 1;
    const ready = (pod.beats + pod.number) % 2 === 0;
    if (ready === pod.ready) return;
    pod.ready = ready;
    const slice = this.#sliceOf.get(pod);
    if (slice !== undefined) slice.isStale = true;
    if (!ready) {
      pod.restarts += 1;
      if ((pod.restarts + pod.number) % this.#options.crashesPerPod === 0) this.#replace(pod);
    }
    this.#counts.podUpdates += 1;
    this.#cluster.apply(podWithStatus(pod));
  }

  #replace(pod: Pod): void {
    const { facts } = pod;
    this.#cluster.deletePod(facts.namespace, facts.name);
    const number = this.#created++;
    pod.facts = {
      ...facts,
      name: `${facts.replicaSet}-${nameSuffix(number)}`,
      uid: `${number.toString(16).padStart(8, '0')}-9b1d-4c3d-9a2e-000000000000`,
      ip: `10.${64 + (Math.floor(number / 65_536) % 128)}.${Math.floor(number / 256) % 256}.${number % 256}`,
    };
    this.#counts.podsReplaced += 1;
  }

  #tell(slice: Slice): void {
    if (!slice.isStale) return;
    slice.isStale = false;
    this.#counts.sliceUpdates += 1;
    this.#cluster.apply(
      endpointSlice(
        slice.name,
        slice.pods.map(({ facts, ready }) => ({ pod: facts, ready })),
      ),
    );
  }
}

/** As the kubelet reports it. The pod goes on running; its application is what crashes. */
function podWithStatus({ facts, service, ready, restarts }: Pod): KubeObject {
  const pod = podObject(facts, replicaSetUidOf(service)) as KubeObject & { readonly status: PodStatus };
  const { status } = pod;
  const yes = ready ? 'True' : 'False';
  return {
    ...pod,
    status: {
      ...status,
      conditions: status.conditions.map((condition) =>
        condition.type === 'Ready' || condition.type === 'ContainersReady'
          ? { ...condition, status: yes, ...(!ready && { reason: 'ContainersNotReady' }) }
          : condition,
      ),
      containerStatuses: status.containerStatuses.map((container, index) =>
        index > 0
          ? container
          : {
              ...container,
              ready,
              restartCount: restarts,
              started: ready,
              ...(!ready && {
                state: {
                  waiting: {
                    reason: 'CrashLoopBackOff',
                    message: `back-off 10s restarting failed container=${container.name} pod=${facts.name}_${facts.namespace}`,
                  },
                },
              }),
            },
      ),
    },
  };
}

interface PodStatus {
  readonly conditions: readonly { readonly type: string }[];
  readonly containerStatuses: readonly { readonly name: string }[];
}
