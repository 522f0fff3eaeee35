/** Where controllers take the time from, and how they wait. Tests put a virtual one in its place. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls `task` once, `delayMs` from now at the earliest and never before this returns; a delay of 0 means the next turn
   * of the event loop. The function returned cancels it.
   */
  schedule(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, task) {
    if (delayMs <= 0) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    }
    const timeout = setTimeout(task, Math.min(delayMs, maxTimeoutMs));
    return () => clearTimeout(timeout);
  },
};

/** What setTimeout can hold. Whoever waits for longer is woken early and finds that there is nothing to do yet. */
const maxTimeoutMs = 2 ** 31 - 1;
