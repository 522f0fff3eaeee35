import type { Clock } from '../controllers/clock.js';
import { type Probe, attempt } from './probe.js';

export interface ProberOptions {
  readonly probe: Probe;
  /** Where the container listens. */
  readonly host: string;
  readonly clock: Clock;
  /** Called when the verdict changes. The first one is `false`, and isn't told. */
  readonly onVerdict: (verdict: Verdict) => void;
}

export type Verdict = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** Until it is ready a container is looked at this often: ten seconds of waiting would be most of a pod's start here. */
const impatientMs = 100;

/** Probes a container until it is stopped, one attempt at a time. */
export class Prober {
  readonly #options: ProberOptions;
  #ready = false;
  /** Attempts in a row that spoke against the verdict. */
  #contrary = 0;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#after(options.probe.initialDelayMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #after(delayMs: number): void {
    this.#cancel = this.#options.clock.schedule(delayMs, () => {
      const { probe, host } = this.#options;
      void attempt(probe.check, { host, timeoutMs: probe.timeoutMs }).then((problem) => this.#judge(problem));
    });
  }

  #judge(problem: string | undefined): void {
    if (this.#stopped) return;
    const { probe, onVerdict } = this.#options;
    this.#contrary = (problem === undefined) === this.#ready ? 0 : this.#contrary + 1;
    if (this.#contrary >= (this.#ready ? probe.failureThreshold : probe.successThreshold)) {
      this.#ready = !this.#ready;
      this.#contrary = 0;
      onVerdict(problem === undefined ? { ready: true } : { ready: false, reason: problem });
    }
    if (probe.check.kind === 'none' && this.#ready) return;
    this.#after(this.#ready ? probe.periodMs : Math.min(impatientMs, probe.periodMs));
  }
}
