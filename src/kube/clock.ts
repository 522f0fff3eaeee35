/** Time, as the reflectors see it; tests hand in one that they move by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. Never goes back. */
  nowMs(): number;
  /** Calls `fire` once after `delayMs`. Returns what cancels it; cancelling twice, or too late, does nothing. */
  after(delayMs: number, fire: () => void): () => void;
}

export const systemClock: Clock = {
  // `Date.now()` jumps when the machine's clock is set; durations measured with it would be wrong just then.
  nowMs: () => performance.timeOrigin + performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts; the caller looks at the signal. Never rejects. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(delayMs, finish);
    signal.addEventListener('abort', finish, { once: true });
    function finish(): void {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    }
  });
}
