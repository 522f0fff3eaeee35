import type { Clock } from './clock.js';

/** Calls `onSilence` once when nothing has been heard for `limitMs`. Hearing something costs no timer. */
export class SilenceTimer {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #lastHeardMs: number;
  #cancel: () => void;

  constructor(options: { readonly clock: Clock; readonly limitMs: number; readonly onSilence: () => void }) {
    this.#clock = options.clock;
    this.#limitMs = options.limitMs;
    this.#onSilence = options.onSilence;
    this.#lastHeardMs = options.clock.nowMs();
    this.#cancel = options.clock.after(options.limitMs, () => this.#check());
  }

  /** Something came. */
  heard(): void {
    this.#lastHeardMs = this.#clock.nowMs();
  }

  stop(): void {
    this.#cancel();
  }

  #check(): void {
    const restMs = this.#lastHeardMs + this.#limitMs - this.#clock.nowMs();
    if (restMs <= 0) this.#onSilence();
    else this.#cancel = this.#clock.after(restMs, () => this.#check());
  }
}
