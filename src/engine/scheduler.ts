/** When an engine works. Each call returns its own cancellation. */
export interface Scheduler {
  nowMs(): number;
  /** Runs `work` once, in a later event-loop turn and not before `timeMs`. */
  at(timeMs: number, work: () => void): () => void;
  /** The same for housekeeping, which must not keep the process alive. */
  after(timeMs: number, work: () => void): () => void;
}

/**
 * The real one. Work that is due at once runs in the turn's check phase (`setImmediate`), after all input that the
 * turn brought has been read, so that a burst that arrived together is handled together.
 */
export const turnScheduler: Scheduler = {
  nowMs: () => performance.now(),
  at(timeMs, work) {
    const waitMs = timeMs - performance.now();
    if (waitMs <= 0) {
      const immediate = setImmediate(work);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(work, waitMs);
    return () => clearTimeout(timer);
  },
  after(timeMs, work) {
    const timer = setTimeout(work, Math.max(0, timeMs - performance.now()));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
