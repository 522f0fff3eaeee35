import type { KubeObject } from '../store/object.js';
import type { StoreEvent } from '../store/store.js';
import { uidOf } from './owner.js';
import { type Pod, podOf, timeOf } from './pod.js';

/**
 * Tells how long a change takes to reach those who read the backends of a Service
 * (https://github.com/kubernetes/community/blob/master/sig-scalability/slos/network_programming_latency.md).
 */
const annotation = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Known {
  readonly serviceAtMs: number;
  /** By the pod's name. */
  readonly podsAtMs: ReadonlyMap<string, number>;
}

/**
 * For each Service, which of the changes that its backends follow from have been accounted for. A Service is changed when
 * it is created, a pod when its readiness is; nothing else that happens to them has a time of its own in Kubernetes.
 *
 * Those times are in whole seconds, in which a pod here starts and becomes ready. So the moments at which the changes are
 * seen to happen fill in the milliseconds.
 */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();
  /** By the uid of a Service or a pod. */
  readonly #seenAtMs = new Map<string, number>();

  /** A Service was created, changed or deleted just then. */
  sawService({ type, object, previous }: StoreEvent, nowMs: number): void {
    if (type === 'DELETED') this.#seenAtMs.delete(uidOf(object));
    else if (previous === undefined) this.#seenAtMs.set(uidOf(object), nowMs);
  }

  /** A pod was created, changed or deleted just then. */
  sawPod({ type, object, previous }: StoreEvent, nowMs: number): void {
    const pod = podOf(object);
    const before = previous && podOf(previous);
    if (type === 'DELETED') this.#seenAtMs.delete(pod.uid);
    else if (pod.ready !== before?.ready || pod.readySinceMs !== before.readySinceMs)
      this.#seenAtMs.set(pod.uid, nowMs);
  }

  /**
   * The time of the oldest change since the last call for this Service, in milliseconds since the epoch; undefined where
   * there was none. The first call gives the Service's creation, however young the pods are.
   */
  next(key: string, service: KubeObject, pods: readonly Pod[]): number | undefined {
    const serviceAtMs = this.#exactly(uidOf(service), timeOf(service.metadata.creationTimestamp));
    const changed = pods.filter(({ readySinceMs }) => readySinceMs > 0);
    const podsAtMs = new Map(
      changed.map(({ name, uid, readySinceMs }) => [name, this.#exactly(uid, readySinceMs)]),
    );
    const before = this.#known.get(key);
    this.#known.set(key, { serviceAtMs, podsAtMs });
    if (before === undefined) return serviceAtMs;

    const times = [...podsAtMs].flatMap(([name, atMs]) =>
      atMs > (before.podsAtMs.get(name) ?? 0) ? [atMs] : [],
    );
    if (serviceAtMs > before.serviceAtMs) times.push(serviceAtMs);
    return times.length === 0 ? undefined : times.reduce((oldest, atMs) => Math.min(oldest, atMs));
  }

  /** The Service of that key is gone. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** The time that an object gives, with milliseconds where the change was seen in that second. */
  #exactly(uid: string, atMs: number): number {
    const seenAtMs = this.#seenAtMs.get(uid) ?? 0;
    return seenAtMs >= atMs && seenAtMs < atMs + 1_000 ? seenAtMs : atMs;
  }
}

/** The object with the annotation, in place of the one it has; without one where nothing triggered the change. */
export function withTriggerTime(object: KubeObject, triggeredAtMs: number | undefined): KubeObject {
  const { annotations, ...metadata } = object.metadata;
  const { [annotation]: _, ...others } = annotations ?? {};
  const text = triggeredAtMs === undefined ? undefined : rfc3339(triggeredAtMs);
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...others, ...(text !== undefined && { [annotation]: text }) } },
  };
}

/** With as many decimals of a second as it takes, as Go's RFC3339Nano writes it. */
function rfc3339(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.?0*Z$/, 'Z');
}
