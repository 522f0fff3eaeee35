import { type Clock, systemClock } from '../controllers/clock.js';
import { recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { Container, ContainerEvent } from './container.js';
import { type CrashBackoffLimits, kubernetesBackoff } from './crash-backoff.js';
import type { PodAddresses } from './environment.js';
import { PodRun } from './pod-run.js';
import { type StartProcess, startProcess } from './process.js';
import { type Programs, programOf } from './program.js';
import { type SidecarOptions, hasSidecar } from './sidecar.js';

export interface PodRuntimeOptions {
  readonly programs: Programs;
  /** Undefined: no sidecar runs, and programs listen on their pod's own address. */
  readonly sidecar: SidecarOptions | undefined;
  readonly clock?: Clock;
  /** Default that of Kubernetes. */
  readonly backoff?: CrashBackoffLimits;
  /** Default real ones. */
  readonly startProcess?: StartProcess;
}

/** What a node's container runtime is told of a pod, and whom it tells. */
export interface PodOnNode {
  readonly pod: KubeObject;
  readonly addresses: PodAddresses;
  readonly onChange: () => void;
  readonly onEvent: (event: ContainerEvent) => void;
}

/** Where the containers of pods are looked up for their logs. */
export interface ContainerSource {
  /** The container of the pod with this uid; undefined where it has no process. */
  container(podUid: string, name: string): Container | undefined;
}

/** Runs the pods whose images name programs, as processes on this machine. None of them outlives this process. */
export class PodRuntime implements ContainerSource {
  readonly #options: PodRuntimeOptions;
  /** By the pod's uid, until its processes are gone. */
  readonly #runs = new Map<string, PodRun>();
  readonly #unopened = new Set<PodRun>();
  #destinationAddr: string | undefined;

  constructor(options: PodRuntimeOptions) {
    this.#options = options;
  }

  /** Starts the pods that are there and from here on those that come. Their sidecars find the control plane here. */
  open({ destinationAddr }: { readonly destinationAddr: string }): void {
    this.#destinationAddr = destinationAddr;
    for (const run of this.#unopened) run.start();
    this.#unopened.clear();
  }

  /** Whether the pods of this spec have processes. */
  runs(podSpec: unknown): boolean {
    return recordsAt(podSpec, 'containers').some((container) =>
      programOf(this.#options.programs, textAt(container, 'image') ?? ''),
    );
  }

  /** Runs a pod. Undefined where no image of it names a program. */
  run({ pod, addresses, onChange, onEvent }: PodOnNode): PodRun | undefined {
    const { programs, sidecar, backoff = kubernetesBackoff, clock = systemClock } = this.#options;
    if (!this.runs(pod['spec'])) return undefined;
    const run = new PodRun({
      pod,
      addresses,
      programs,
      sidecar:
        sidecar && hasSidecar(pod, sidecar)
          ? { options: sidecar, destinationAddr: () => this.#destinationAddr ?? '' }
          : undefined,
      clock,
      startProcess: this.#options.startProcess ?? startProcess,
      backoff,
      onChange,
      onEvent,
    });
    this.#runs.set(pod.metadata.uid ?? '', run);
    if (this.#destinationAddr === undefined) this.#unopened.add(run);
    else run.start();
    return run;
  }

  /** Ends what is left of a pod, at once, and forgets it. `onGone` is called when none of its processes is left. */
  end(podUid: string, onGone: () => void): void {
    const run = this.#runs.get(podUid);
    if (!run) return onGone();
    this.#unopened.delete(run);
    run.kill(() => {
      this.#runs.delete(podUid);
      onGone();
    });
  }

  container(podUid: string, name: string): Container | undefined {
    return this.#runs.get(podUid)?.container(name);
  }

  /** Ends every process at once: nothing of a sandbox is kept, so nobody has to say goodbye. Resolves when all are gone. */
  async close(): Promise<void> {
    const uids = [...this.#runs.keys()];
    await Promise.all(uids.map((uid) => new Promise<void>((resolve) => this.end(uid, resolve))));
  }
}
