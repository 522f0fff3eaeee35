import { setImmediate, setTimeout } from 'node:timers/promises';

/**
 * Waits until `condition` returns a truthy value and resolves to it; a condition that throws counts as not yet met.
 * Rejects after `timeoutMs` (default 5,000) with what the condition last returned or threw. It is asked again in the next
 * turn, or after `everyMs` where asking takes from what is waited for.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  {
    timeoutMs = 5_000,
    everyMs = 0,
    what = 'condition',
  }: { timeoutMs?: number; everyMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} not met within ${timeoutMs} ms; last: ${String(last)}`, { cause: last });
    }
    if (everyMs > 0) await setTimeout(everyMs);
    else await setImmediate();
  }
}
