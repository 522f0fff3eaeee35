import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns early when the signal says that there is nothing left to wait for. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Interrupted, which the caller sees for itself.
  }
}
