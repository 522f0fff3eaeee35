import type { Clock } from '../controllers/clock.js';
import type { PodStage } from '../controllers/pod-status.js';
import { type Fields, isFields, numberAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import { Container, type ContainerEvent, type Launch, type RestartPolicy } from './container.js';
import type { CrashBackoffLimits } from './crash-backoff.js';
import { containerArguments, containerEnvironment, type PodAddresses } from './environment.js';
import { readinessProbe } from './probe.js';
import type { StartProcess } from './process.js';
import { type Program, type Programs, programOf } from './program.js';
import { type SidecarOptions, meshEnvironment, programAddress, sidecarArguments } from './sidecar.js';

export interface PodRunOptions {
  readonly pod: KubeObject;
  readonly addresses: PodAddresses;
  readonly programs: Programs;
  /** Undefined where the pod has none that runs. */
  readonly sidecar: PodSidecar | undefined;
  readonly clock: Clock;
  readonly startProcess: StartProcess;
  readonly backoff: CrashBackoffLimits;
  /** Called when anything in the pod's status has changed. Not called after `kill`. */
  readonly onChange: () => void;
  readonly onEvent: (event: ContainerEvent) => void;
}

export interface PodSidecar {
  readonly options: SidecarOptions;
  /** Asked for when it starts. */
  readonly destinationAddr: () => string;
}

/**
 * The processes of a pod. The sidecar comes first and the programs once it is ready, so that none of them starts without
 * a way to the others; at the end the programs go first and the sidecar last.
 */
export class PodRun {
  readonly #options: PodRunOptions;
  readonly #sidecar: Container | undefined;
  readonly #programs: readonly Container[];
  #programsStarted = false;
  #stopping = false;
  #cancelDeadline: () => void = () => {};
  #onGone: (() => void) | undefined;

  constructor(options: PodRunOptions) {
    this.#options = options;
    const { pod, sidecar, programs } = options;
    const declared = [
      ...recordsAt(pod, 'spec', 'initContainers').filter((one) => isSidecar(one, sidecar)),
      ...recordsAt(pod, 'spec', 'containers'),
    ];
    const containers = declared.flatMap((container) => {
      const program = isSidecar(container, sidecar)
        ? sidecar?.options.program
        : programOf(programs, textAt(container, 'image') ?? '');
      return program ? [this.#container(container, program)] : [];
    });
    this.#sidecar = containers.find(({ name }) => name === sidecar?.options.containerName);
    this.#programs = containers.filter((one) => one !== this.#sidecar);
  }

  start(): void {
    if (this.#sidecar) this.#sidecar.start();
    else this.#startPrograms();
  }

  /** Ends everything in good order, by the deadline at the latest. A later call may bring the deadline forward. */
  stop(options: { readonly withinMs: number }): void {
    this.#cancelDeadline();
    this.#cancelDeadline = this.#options.clock.schedule(options.withinMs, () => this.#killAll());
    if (this.#stopping) return;
    this.#stopping = true;
    for (const program of this.#programs) program.stop();
    this.#stopSidecarLast();
  }

  /** Ends everything at once; `onGone` is called when no process is left. */
  kill(onGone: () => void): void {
    this.#onGone = onGone;
    this.#cancelDeadline();
    this.#killAll();
    this.#changed();
  }

  /** No process is left, and none will come. */
  get isOver(): boolean {
    return this.#programs.every(({ isOver }) => isOver) && (this.#sidecar?.isOver ?? true);
  }

  get stage(): PodStage {
    if (this.#programs.some(({ hasStarted }) => !hasStarted)) return 'starting';
    if (this.isOver && !this.#stopping) {
      return this.#programs.every(({ hasSucceeded }) => hasSucceeded) ? 'succeeded' : 'failed';
    }
    const all = this.#sidecar ? [this.#sidecar, ...this.#programs] : this.#programs;
    return all.every(({ isReady }) => isReady) ? 'ready' : 'running';
  }

  /** The statuses of those containers that have processes, by name. */
  statuses(): ReadonlyMap<string, Fields> {
    const all = this.#sidecar ? [this.#sidecar, ...this.#programs] : this.#programs;
    return new Map(all.map((container) => [container.name, container.status()]));
  }

  container(name: string): Container | undefined {
    return this.#sidecar?.name === name ? this.#sidecar : this.#programs.find((one) => one.name === name);
  }

  #container(container: Fields, program: Program): Container {
    const { pod, addresses, sidecar, clock, startProcess, backoff, onEvent } = this.#options;
    const { name: podName, namespace = '', uid = '' } = pod.metadata;
    const name = textAt(container, 'name') ?? '';
    const isProxy = isSidecar(container, sidecar);
    const host = sidecar && !isProxy ? programAddress(addresses.ip) : addresses.ip;
    return new Container({
      clock,
      startProcess,
      backoff,
      onEvent,
      onChange: () => this.#changed(),
      spec: {
        name,
        image: textAt(container, 'image') ?? '',
        id: `${uid}/${name}`,
        podText: `${podName}_${namespace}(${uid})`,
        launch: () => this.#launch(container, program, host),
        // A sidecar lasts as long as the pod, however that ends.
        restartPolicy: isProxy ? 'Always' : restartPolicyOf(pod),
        probe: readinessProbe(container),
        host,
        preStopMs: preStopMsOf(container),
      },
    });
  }

  #launch(container: Fields, program: Program, host: string): Launch {
    const { pod, addresses, sidecar } = this.#options;
    if (Array.isArray(container['command']) && container['command'].length > 0) {
      return { kind: 'unclear', problem: 'command: the sandbox runs the program of the image, and no other' };
    }
    const isProxy = isSidecar(container, sidecar);
    const environment = containerEnvironment({
      pod,
      container,
      addresses,
      given: {
        HOSTNAME: pod.metadata.name,
        ...(!isProxy && { LISTEN_ADDR: host, ...(sidecar && meshEnvironment(pod, addresses.ip)) }),
      },
    });
    if (!environment.ok) return { kind: 'unclear', problem: environment.problem };
    const args =
      sidecar && isProxy
        ? sidecarArguments({
            pod,
            ip: addresses.ip,
            options: sidecar.options,
            destinationAddr: sidecar.destinationAddr(),
          })
        : containerArguments(container, environment.value);
    const { namespace = '', name } = pod.metadata;
    const title = `${namespace}/${name}/${textAt(container, 'name') ?? ''}`;
    return { kind: 'program', program, args, environment: environment.value, title };
  }

  #changed(): void {
    if (this.#onGone) {
      if (!this.isOver) return;
      const onGone = this.#onGone;
      this.#onGone = () => {};
      onGone();
      return;
    }
    if (!this.#stopping && this.#sidecar?.isReady === true) this.#startPrograms();
    this.#stopSidecarLast();
    if (this.isOver) this.#cancelDeadline();
    this.#options.onChange();
  }

  #startPrograms(): void {
    if (this.#programsStarted) return;
    this.#programsStarted = true;
    for (const program of this.#programs) program.start();
  }

  #stopSidecarLast(): void {
    if (this.#programs.every(({ isOver }) => isOver)) this.#sidecar?.stop();
  }

  #killAll(): void {
    for (const program of this.#programs) program.kill();
    this.#sidecar?.kill();
  }
}

function isSidecar(container: Fields, sidecar: PodSidecar | undefined): boolean {
  return sidecar !== undefined && container['name'] === sidecar.options.containerName;
}

function restartPolicyOf(pod: KubeObject): RestartPolicy {
  const policy = textAt(pod, 'spec', 'restartPolicy');
  return policy === 'OnFailure' || policy === 'Never' ? policy : 'Always';
}

/** Of the hooks that Kubernetes has, the one that runs nothing. */
function preStopMsOf(container: Fields): number {
  const lifecycle = container['lifecycle'];
  return isFields(lifecycle) ? (numberAt(lifecycle, 'preStop', 'sleep', 'seconds') ?? 0) * 1_000 : 0;
}
