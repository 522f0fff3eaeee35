import type { Clock } from '../controllers/clock.js';
import type { Fields } from '../store/field.js';
import { type Termination, durationText, exitOf, terminatedFields, timeText } from './container-status.js';
import { CrashBackoff, type CrashBackoffLimits } from './crash-backoff.js';
import type { Environment } from './environment.js';
import { LogBuffer } from './log-buffer.js';
import type { Probe } from './probe.js';
import { Prober } from './prober.js';
import type { ProcessEnd, RunningProcess, StartProcess } from './process.js';
import type { Program } from './program.js';

/** All that is to be known of a container to run it. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  /** Unique in the cluster; each run of the container adds its number. */
  readonly id: string;
  /** How messages name its pod: `web-1_shop(4f6d…)`. */
  readonly podText: string;
  /** Asked for each time it is started. */
  readonly launch: () => Launch;
  readonly restartPolicy: RestartPolicy;
  readonly probe: Probe;
  /** The address that its program listens on. */
  readonly host: string;
  /** From the wish to end it to SIGTERM: its `preStop` hook, where that is `sleep`. */
  readonly preStopMs: number;
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** What to start, or why that can't be known. */
export type Launch =
  | {
      readonly kind: 'program';
      readonly program: Program;
      readonly args: readonly string[];
      readonly environment: Environment;
      readonly title: string;
    }
  | { readonly kind: 'unclear'; readonly problem: string };

export interface ContainerOptions {
  readonly spec: ContainerSpec;
  readonly clock: Clock;
  readonly startProcess: StartProcess;
  readonly backoff: CrashBackoffLimits;
  /** Called when anything in the status has changed. */
  readonly onChange: () => void;
  readonly onEvent: (event: ContainerEvent) => void;
}

/** A happening for `kubectl describe`. */
export interface ContainerEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

type State =
  /** It never ran. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly process: RunningProcess; readonly startedAtMs: number }
  | { readonly kind: 'backing-off'; readonly message: string }
  | { readonly kind: 'ended'; readonly end: Termination | undefined };

/** One container whose image names a program: its process, again and again as its restart policy wants. */
export class Container {
  readonly #options: ContainerOptions;
  readonly #backoff: CrashBackoff;
  #state: State = { kind: 'waiting', reason: 'ContainerCreating' };
  #ready = false;
  #restarts = 0;
  #lastEnd: Termination | undefined;
  #log: LogBuffer | undefined;
  #previousLog: LogBuffer | undefined;
  #prober: Prober | undefined;
  #cancelTimer: () => void = () => {};
  #stopping = false;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.#backoff = new CrashBackoff(options.backoff);
  }

  get name(): string {
    return this.#options.spec.name;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  /** It runs, or has run. */
  get hasStarted(): boolean {
    return this.#state.kind !== 'waiting';
  }

  /** It has no process and won't get another one. */
  get isOver(): boolean {
    return this.#state.kind === 'ended';
  }

  /** Of one that is over: it ended by itself and without an error. */
  get hasSucceeded(): boolean {
    return this.#state.kind === 'ended' && this.#state.end?.exitCode === 0;
  }

  /** What it printed in its latest run; undefined before there was one. */
  get log(): LogBuffer | undefined {
    return this.#log;
  }

  /** What it printed before it ended last: of the latest run while it waits for the next one, or else of the one before. */
  get previousLog(): LogBuffer | undefined {
    return this.#state.kind === 'backing-off' ? this.#log : this.#previousLog;
  }

  start(): void {
    if (this.#state.kind !== 'waiting' || this.#stopping) return;
    const launch = this.#options.spec.launch();
    if (launch.kind === 'program') this.#run(launch);
    else this.#refuse(launch.problem);
  }

  /** Ends it by SIGTERM after its `preStop` pause. It isn't started again. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#cancelTimer();
    if (this.#state.kind !== 'running') {
      this.#become({ kind: 'ended', end: this.#lastEnd });
      return;
    }
    const { spec, clock } = this.#options;
    this.#event('Normal', 'Killing', `Stopping container ${spec.name}`);
    const terminate = (): void => this.#signal('SIGTERM');
    if (spec.preStopMs === 0) terminate();
    else this.#cancelTimer = clock.schedule(spec.preStopMs, terminate);
  }

  /** Ends it at once. */
  kill(): void {
    this.stop();
    this.#cancelTimer();
    this.#signal('SIGKILL');
  }

  /** As it stands in the pod's `containerStatuses`. */
  status(): Fields {
    const { spec } = this.#options;
    return {
      name: spec.name,
      image: spec.image,
      imageID: spec.image,
      containerID: this.hasStarted ? this.#id() : '',
      restartCount: this.#restarts,
      started: this.#state.kind === 'running',
      ready: this.#ready,
      state: this.#stateFields(),
      lastState: this.#lastStateFields(),
    };
  }

  #id(): string {
    return `sandbox://${this.#options.spec.id}/${this.#restarts}`;
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#state.kind === 'running') this.#state.process.kill(signal);
  }

  #refuse(problem: string): void {
    this.#event('Warning', 'Failed', `Error: ${problem}`);
    this.#become({ kind: 'waiting', reason: 'CreateContainerConfigError', message: problem });
  }

  #run(launch: Extract<Launch, { kind: 'program' }>): void {
    const { spec, clock, startProcess } = this.#options;
    const log = new LogBuffer({ nowMs: () => clock.now() });
    this.#previousLog = this.#log;
    this.#log = log;
    const startedAtMs = clock.now();
    const process = startProcess({
      ...launch,
      onOutput: (stream, chunk) => log.append(stream, chunk),
      onEnd: (end) => {
        log.end();
        this.#onEnd(end, startedAtMs);
      },
    });
    this.#prober = new Prober({
      probe: spec.probe,
      host: spec.host,
      clock,
      onVerdict: (verdict) => {
        if (!verdict.ready) this.#event('Warning', 'Unhealthy', `Readiness probe failed: ${verdict.reason}`);
        this.#ready = verdict.ready;
        this.#options.onChange();
      },
    });
    if (process.pid !== undefined)
      this.#event('Normal', 'Started', `Started container ${spec.name}, process ${process.pid}`);
    this.#become({ kind: 'running', process, startedAtMs });
  }

  #onEnd(end: ProcessEnd, startedAtMs: number): void {
    const { spec, clock } = this.#options;
    this.#prober?.stop();
    this.#cancelTimer();
    this.#ready = false;
    const termination: Termination = {
      ...exitOf(end),
      startedAtMs,
      finishedAtMs: clock.now(),
      containerId: this.#id(),
    };
    if (this.#stopping || !mustRestart(spec.restartPolicy, termination.exitCode)) {
      this.#become({ kind: 'ended', end: termination });
      return;
    }
    this.#lastEnd = termination;
    const waitMs = this.#backoff.next(termination.finishedAtMs - startedAtMs);
    if (waitMs === 0) return this.#restart();
    this.#event(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${spec.name} in pod ${spec.podText}`,
    );
    this.#cancelTimer = clock.schedule(waitMs, () => this.#restart());
    const message = `back-off ${durationText(waitMs)} restarting failed container=${spec.name} pod=${spec.podText}`;
    this.#become({ kind: 'backing-off', message });
  }

  #restart(): void {
    const launch = this.#options.spec.launch();
    this.#restarts += 1;
    if (launch.kind === 'program') this.#run(launch);
    else this.#refuse(launch.problem);
  }

  #become(state: State): void {
    this.#state = state;
    this.#options.onChange();
  }

  #event(type: ContainerEvent['type'], reason: string, message: string): void {
    this.#options.onEvent({ type, reason, message });
  }

  #stateFields(): Fields {
    const state = this.#state;
    switch (state.kind) {
      case 'waiting':
        return {
          waiting: { reason: state.reason, ...(state.message !== undefined && { message: state.message }) },
        };
      case 'running':
        return { running: { startedAt: timeText(state.startedAtMs) } };
      case 'backing-off':
        return { waiting: { reason: 'CrashLoopBackOff', message: state.message } };
      case 'ended':
        return state.end === undefined
          ? { waiting: { reason: 'ContainerCreating' } }
          : terminatedFields(state.end);
    }
  }

  /** Empty where the only end there was is the present state. */
  #lastStateFields(): Fields {
    const isPresent = this.#state.kind === 'ended' && this.#state.end === this.#lastEnd;
    return this.#lastEnd === undefined || isPresent ? {} : terminatedFields(this.#lastEnd);
  }
}

function mustRestart(policy: RestartPolicy, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
