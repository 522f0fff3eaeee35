import { Backoff } from '../runtime/backoff.js';
import type { Freshness } from './list.js';
import type { Setback } from './setback.js';
import type { RelistReason } from './watch-status.js';

/** What a reflector does next. */
export type Step =
  | { readonly kind: 'list'; readonly freshness: Freshness }
  | { readonly kind: 'watch'; readonly resourceVersion: string };

/** A watch that the server granted. */
export interface GrantedWatch {
  readonly grantedAtMs: number;
  lastHeardMs: number;
  /** Whether it has brought anything, be it a bookmark. */
  fruitful: boolean;
}

export interface Recovery {
  readonly step: Step;
  readonly delayMs: number;
  /** Why the state is listed anew; undefined where it isn't. */
  readonly relist: RelistReason | undefined;
}

/** Watches in a row that were granted and came to nothing, after which the state is listed anew. */
const maxFruitlessWatches = 3;

/**
 * A server that can't be reached is not spared by waiting, and every second of it is a second of stale endpoints once it
 * is back.
 */
const maxConnectionDelayMs = 4_000;

/** Decides how a reflector goes on after a setback: with what, and when. */
export class RecoveryPolicy {
  readonly #healthyMs: number;
  readonly #backoff: Backoff;
  #fruitlessWatches = 0;
  #lastExpiredAtMs = Number.NEGATIVE_INFINITY;

  /** A watch that lived for `healthyMs` has worked: the delay after it is a first one. */
  constructor(options: { readonly healthyMs: number; readonly random: () => number }) {
    this.#healthyMs = options.healthyMs;
    this.#backoff = new Backoff({ random: options.random });
  }

  /** A watch has come to its proper end. */
  worked(): void {
    this.#backoff.reset();
    this.#fruitlessWatches = 0;
  }

  /** `step` has failed; `watch` is what became of it if it was a watch and the server granted it. */
  after(
    problem: Setback,
    step: Step,
    { watch, nowMs }: { readonly watch: GrantedWatch | undefined; readonly nowMs: number },
  ): Recovery {
    if (watch !== undefined) {
      const healthy = nowMs - watch.grantedAtMs >= this.#healthyMs;
      if (healthy) this.#backoff.reset();
      // One that was silent throughout has lived long, and says nothing for itself.
      const worked = watch.fruitful || (healthy && problem.reason !== 'silent');
      this.#fruitlessWatches = worked ? 0 : this.#fruitlessWatches + 1;
    }
    return step.kind === 'list' ? this.#afterList(problem, step) : this.#afterWatch(problem, step, nowMs);
  }

  #afterList(problem: Setback, step: Step & { readonly kind: 'list' }): Recovery {
    if (!problem.versionUnavailable && problem.reason !== 'stale') {
      return { step, delayMs: this.#delayMs(problem), relist: undefined };
    }
    // The first answer to a server that can't serve a version is to ask for the latest one.
    const firstTry = step.freshness.kind === 'not-older' && problem.versionUnavailable;
    return {
      step: { kind: 'list', freshness: { kind: 'latest' } },
      delayMs: firstTry ? 0 : this.#delayMs(problem),
      relist: undefined,
    };
  }

  #afterWatch(problem: Setback, step: Step & { readonly kind: 'watch' }, nowMs: number): Recovery {
    const { resourceVersion } = step;
    const list: Step = { kind: 'list', freshness: { kind: 'not-older', resourceVersion } };
    if (problem.reason === 'expired') {
      // A server whose history is shorter than a list takes would otherwise be asked again without a pause.
      const looping = nowMs - this.#lastExpiredAtMs < this.#healthyMs;
      this.#lastExpiredAtMs = nowMs;
      return { step: list, delayMs: looping ? this.#delayMs(problem) : 0, relist: 'expired' };
    }
    const delayMs = this.#delayMs(problem);
    if (problem.reason === 'rejected' || problem.reason === 'not-found') {
      return { step: list, delayMs, relist: 'rejected' };
    }
    if (problem.reason === 'stale') return { step: list, delayMs, relist: 'stale' };
    if (this.#fruitlessWatches >= maxFruitlessWatches) {
      this.#fruitlessWatches = 0;
      return { step: list, delayMs, relist: 'stuck' };
    }
    return { step, delayMs, relist: undefined };
  }

  #delayMs(problem: Setback): number {
    const backoffMs = this.#backoff.next();
    const delayMs = problem.reason === 'connection' ? Math.min(backoffMs, maxConnectionDelayMs) : backoffMs;
    return Math.max(delayMs, problem.retryAfterMs ?? 0);
  }
}
