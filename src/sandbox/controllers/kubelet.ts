import type { PodAddresses } from '../containers/environment.js';
import type { PodRun } from '../containers/pod-run.js';
import type { PodRuntime } from '../containers/pod-runtime.js';
import { numberAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { AddressPool } from './address-pool.js';
import { deleteObject, updateStatus } from './client.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  keyOf,
  startController,
  watchOwn,
} from './controller.js';
import { parseDurationMs } from './duration.js';
import * as kinds from './kinds.js';
import { type Pod, hasEnded, isHostNetwork, podOf } from './pod.js';
import { type PodStage, podStatus } from './pod-status.js';

export interface KubeletOptions {
  /** Where pods get their addresses from: `127.64.0.0/11`. */
  readonly podNetwork: string;
  /** How long a pod takes from its node to being ready. */
  readonly readyDelayMs: number;
  /** How long it takes to end at most, if its grace period lets it. */
  readonly stopDelayMs: number;
  /** Runs the pods whose images name programs. Undefined: all pods are mere addresses. */
  readonly runtime: PodRuntime | undefined;
}

/** Of a pod: how long it takes to become ready, in place of `readyDelayMs`: `2s`. */
export const readyDelayAnnotation = 'sandbox.conduit.io/ready-delay';
/** Of a pod: `"false"` keeps it from being ready, or makes it unready if it is. */
export const readyAnnotation = 'sandbox.conduit.io/ready';
/** Of a pod that isn't restarted (`restartPolicy` other than Always): how long it runs before it succeeds. Default 1 s. */
export const runForAnnotation = 'sandbox.conduit.io/run-for';
const defaultRunForMs = 1_000;

const source = 'kubelet';

/** What the kubelet remembers of a pod, from its address to its removal. */
interface Resident {
  readonly uid: string;
  readonly ip: string;
  readonly startedAtMs: number;
  stoppedAtMs: number | undefined;
  /** Its processes; undefined where it is a mere address. */
  readonly run: PodRun | undefined;
}

/**
 * Plays the part of the node for every pod that has one: gives it an address of its own, has its programs run and ended if
 * its images name any, and otherwise pretends to start and to stop its containers.
 */
export function startKubelet(context: ControllerContext, options: KubeletOptions): Controller {
  const { views } = context;
  const kubelet = new Kubelet(context, options);
  return startController(context, {
    name: 'kubelet',
    watches: [
      watchOwn(kinds.pods),
      {
        type: kinds.nodes,
        keys: ({ type, object }) =>
          type === 'MODIFIED' ? [] : views.podsByNode.get(object.metadata.name).map(keyOf),
      },
    ],
    reconcile: (key, later) => kubelet.reconcile(key, later),
  });
}

class Kubelet {
  readonly #context: ControllerContext;
  readonly #options: KubeletOptions;
  readonly #addresses: AddressPool;
  readonly #residents = new Map<string, Resident>();

  constructor(context: ControllerContext, options: KubeletOptions) {
    this.#context = context;
    this.#options = options;
    this.#addresses = new AddressPool(options.podNetwork);
    // Before anything is handed out: pods that were there earlier keep what they have.
    for (const object of context.store.list(kinds.pods)) {
      const { ip, uid } = podOf(object);
      if (ip !== undefined) this.#addresses.claim(ip, uid);
    }
  }

  reconcile(key: string, later: (delayMs: number) => void): void {
    const { store } = this.#context;
    const object = getByKey(store, kinds.pods, key);
    const pod = object && podOf(object);
    this.#forgetPredecessor(key, pod);
    if (pod?.nodeName === undefined) return;

    const node = store.get(kinds.nodes, undefined, pod.nodeName);
    const waitMs = node ? this.#advance(key, pod, node, later) : this.#abandon(key, pod);
    if (waitMs !== undefined) later(waitMs);
  }

  /** Frees the address of a pod that is gone, also where another of its name has come since. */
  #forgetPredecessor(key: string, pod: Pod | undefined): void {
    const resident = this.#residents.get(key);
    if (!resident || resident.uid === pod?.uid) return;
    this.#residents.delete(key);
    const release = (): void => this.#addresses.release(resident.ip, resident.uid);
    if (resident.run && this.#options.runtime) this.#options.runtime.end(resident.uid, release);
    else release();
  }

  /** A pod whose node is gone, or never was, has nobody to stop it. */
  #abandon(key: string, pod: Pod): undefined {
    if (!pod.terminating && !this.#residents.has(key)) return;
    deleteObject(this.#context.store, kinds.pods, pod.object, { gracePeriodSeconds: 0 });
  }

  /** Does what is due, and tells in how many milliseconds the next thing is. */
  #advance(key: string, pod: Pod, node: KubeObject, later: (delayMs: number) => void): number | undefined {
    const hostIp = hostIpOf(node);
    const resident = this.#residents.get(key) ?? this.#admit(key, pod, hostIp, later);
    if (resident.run && (!hasEnded(pod) || pod.terminating)) {
      return this.#follow(pod, resident, resident.run, hostIp);
    }
    if (pod.terminating) return this.#stop(pod, resident);
    if (hasEnded(pod)) return undefined;

    const { store, clock, record } = this.#context;
    const nowMs = clock.now();
    const { stage, waitMs } = this.#stageOf(pod, nowMs - resident.startedAtMs);
    const status = podStatus({ pod: pod.object, stage, ip: resident.ip, hostIp, nowMs });
    updateStatus(store, kinds.pods, pod.object, status);
    if (pod.phase === 'Pending' && stage !== 'starting') {
      record(pod.object, { reason: 'Started', message: 'Started all containers', source });
    }
    return waitMs;
  }

  /** Reports what becomes of the pod's processes, and ends them when it is deleted. */
  #follow(pod: Pod, resident: Resident, run: PodRun, hostIp: string): undefined {
    const { store, clock } = this.#context;
    const nowMs = clock.now();
    if (pod.terminating) {
      resident.stoppedAtMs ??= nowMs;
      run.stop({ withinMs: resident.stoppedAtMs + graceMsOf(pod) - nowMs });
    }
    const stage = run.stage === 'ready' && isHeldBack(pod) ? 'running' : run.stage;
    const containers = run.statuses();
    const status = podStatus({ pod: pod.object, stage, ip: resident.ip, hostIp, nowMs, containers });
    const object = updateStatus(store, kinds.pods, pod.object, status);
    if (pod.terminating && run.isOver) deleteObject(store, kinds.pods, object, { gracePeriodSeconds: 0 });
  }

  #admit(key: string, pod: Pod, hostIp: string, later: (delayMs: number) => void): Resident {
    this.#complain(pod);
    const nowMs = this.#context.clock.now();
    const ip = this.#addressFor(pod, hostIp);
    const resident = {
      uid: pod.uid,
      ip,
      run: pod.terminating || hasEnded(pod) ? undefined : this.#run(pod, { ip, hostIp }, () => later(0)),
      // One that runs already started long ago, under another run of the sandbox.
      startedAtMs: pod.phase === 'Running' ? Number.NEGATIVE_INFINITY : nowMs,
      stoppedAtMs: undefined,
    };
    this.#residents.set(key, resident);
    return resident;
  }

  #run(pod: Pod, addresses: PodAddresses, onChange: () => void): PodRun | undefined {
    const { record } = this.#context;
    return this.#options.runtime?.run({
      pod: pod.object,
      addresses,
      onChange,
      onEvent: (event) => record(pod.object, { ...event, source }),
    });
  }

  #complain({ object }: Pod): void {
    for (const name of [readyDelayAnnotation, runForAnnotation]) {
      const text = object.metadata.annotations?.[name];
      if (text === undefined || parseDurationMs(text) !== undefined) continue;
      const message = `${name}: ${JSON.stringify(text)} is no span of time such as 500ms or 2s`;
      this.#context.record(object, { type: 'Warning', reason: 'InvalidAnnotation', message, source });
    }
  }

  #addressFor(pod: Pod, hostIp: string): string {
    if (isHostNetwork(pod.object)) return hostIp;
    if (pod.ip !== undefined && this.#addresses.claim(pod.ip, pod.uid)) return pod.ip;
    const ip = this.#addresses.allocate(pod.uid);
    if (ip === undefined)
      throw new Error(`no address is left in the pod network ${this.#options.podNetwork}`);
    return ip;
  }

  #stageOf(pod: Pod, ageMs: number): { readonly stage: PodStage; readonly waitMs?: number } {
    const readyDelayMs = durationAnnotation(pod, readyDelayAnnotation) ?? this.#options.readyDelayMs;
    if (ageMs < readyDelayMs) return { stage: 'starting', waitMs: readyDelayMs - ageMs };
    const stage = isHeldBack(pod) ? 'running' : 'ready';
    if ((textAt(pod.object, 'spec', 'restartPolicy') ?? 'Always') === 'Always') return { stage };
    const endsAfterMs = readyDelayMs + (durationAnnotation(pod, runForAnnotation) ?? defaultRunForMs);
    return ageMs < endsAfterMs ? { stage, waitMs: endsAfterMs - ageMs } : { stage: 'succeeded' };
  }

  #stop(pod: Pod, resident: Resident): number | undefined {
    const { store, clock, record } = this.#context;
    if (resident.stoppedAtMs === undefined) {
      resident.stoppedAtMs = clock.now();
      record(pod.object, { reason: 'Killing', message: 'Stopping all containers', source });
    }
    const waitMs = resident.stoppedAtMs + Math.min(graceMsOf(pod), this.#options.stopDelayMs) - clock.now();
    if (waitMs > 0) return waitMs;
    deleteObject(store, kinds.pods, pod.object, { gracePeriodSeconds: 0 });
    return undefined;
  }
}

function hostIpOf(node: KubeObject): string {
  const addresses = recordsAt(node, 'status', 'addresses');
  return (
    textAt(
      addresses.find((one) => one['type'] === 'InternalIP'),
      'address',
    ) ?? ''
  );
}

/** How long the processes of a pod in deletion are given to end. */
function graceMsOf({ object }: Pod): number {
  return (numberAt(object, 'metadata', 'deletionGracePeriodSeconds') ?? 0) * 1_000;
}

function isHeldBack({ object }: Pod): boolean {
  return object.metadata.annotations?.[readyAnnotation] === 'false';
}

/** Undefined where the pod has no such annotation, or it is no span of time. */
function durationAnnotation({ object }: Pod, name: string): number | undefined {
  const text = object.metadata.annotations?.[name];
  return text === undefined ? undefined : parseDurationMs(text);
}
