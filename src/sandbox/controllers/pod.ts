import { at, isTrueAt, numberAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { decoded } from './decoded.js';
import type { Labels } from './labels.js';
import { uidOf } from './owner.js';

/** What controllers want to know of a core/v1 Pod. */
export interface Pod {
  readonly object: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly createdAtMs: number;
  /** Deletion has begun. */
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  readonly ip: string | undefined;
  readonly hostname: string | undefined;
  readonly subdomain: string | undefined;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly ready: boolean;
  /** When `ready` became what it is; the epoch where the status doesn't say. */
  readonly readySinceMs: number;
  readonly ports: readonly ContainerPort[];
}

export interface ContainerPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

export const podOf: (object: KubeObject) => Pod = decoded((object) => {
  const { metadata } = object;
  const condition = recordsAt(object, 'status', 'conditions').find(({ type }) => type === 'Ready');
  return {
    object,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: uidOf(object),
    labels: metadata.labels ?? {},
    createdAtMs: timeOf(metadata.creationTimestamp),
    terminating: metadata.deletionTimestamp !== undefined,
    nodeName: nonEmpty(textAt(object, 'spec', 'nodeName')),
    ip: nonEmpty(textAt(object, 'status', 'podIP')),
    hostname: nonEmpty(textAt(object, 'spec', 'hostname')),
    subdomain: nonEmpty(textAt(object, 'spec', 'subdomain')),
    phase: phaseOf(object),
    ready: condition?.['status'] === 'True',
    readySinceMs: timeOf(textAt(condition, 'lastTransitionTime')),
    ports: portsOf(object),
  };
});

/** It has run to its end, one way or the other. */
export function hasEnded({ phase }: Pod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** It counts towards its owner's replicas. */
export function isActive(pod: Pod): boolean {
  return !pod.terminating && !hasEnded(pod);
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  return pod.ready && availableInMs(pod, minReadySeconds, nowMs) <= 0;
}

/** How long until the next of the ready pods becomes available; undefined where all are. */
export function nextAvailableInMs(
  pods: readonly Pod[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  const waits = pods
    .filter((pod) => pod.ready && !isAvailable(pod, minReadySeconds, nowMs))
    .map((pod) => availableInMs(pod, minReadySeconds, nowMs));
  return waits.length === 0 ? undefined : Math.min(...waits);
}

function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number {
  return minReadySeconds === 0 ? 0 : pod.readySinceMs + minReadySeconds * 1_000 - nowMs;
}

/** Milliseconds since the epoch of an RFC 3339 time; 0 where it is none. */
export function timeOf(text: string | undefined): number {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? 0 : ms;
}

function phaseOf(object: KubeObject): Pod['phase'] {
  const phase = at(object, 'status', 'phase');
  return phase === 'Running' || phase === 'Succeeded' || phase === 'Failed' ? phase : 'Pending';
}

/** Init containers that keep running are sidecars, and their ports are the pod's too. */
function portsOf(object: KubeObject): readonly ContainerPort[] {
  const sidecars = recordsAt(object, 'spec', 'initContainers').filter(
    (one) => one['restartPolicy'] === 'Always',
  );
  return [...recordsAt(object, 'spec', 'containers'), ...sidecars].flatMap((container) =>
    recordsAt(container, 'ports').map((port) => ({
      name: textAt(port, 'name') ?? '',
      protocol: textAt(port, 'protocol') ?? 'TCP',
      port: numberAt(port, 'containerPort') ?? 0,
    })),
  );
}

export function isHostNetwork(object: KubeObject): boolean {
  return isTrueAt(object, 'spec', 'hostNetwork');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
