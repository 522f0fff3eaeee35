/** How long a container that keeps ending waits before it is started again. */
export interface CrashBackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Those of Kubernetes. Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy */
export const kubernetesBackoff: CrashBackoffLimits = { minMs: 10_000, maxMs: 300_000 };

/**
 * The kubelet's own sequence: no wait after the first end, then 10 s, 20 s, 40 s and so on to 5 minutes. A container that
 * ran for longer than twice the longest wait starts the sequence again.
 */
export class CrashBackoff {
  readonly #limits: CrashBackoffLimits;
  #nextMs = 0;

  constructor(limits: CrashBackoffLimits) {
    this.#limits = limits;
  }

  /** How long to wait after a run of `ranForMs`. */
  next(ranForMs: number): number {
    const { minMs, maxMs } = this.#limits;
    if (ranForMs > 2 * maxMs) this.#nextMs = 0;
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(Math.max(minMs, 2 * waitMs), maxMs);
    return waitMs;
  }
}
