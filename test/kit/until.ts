import { setImmediate } from 'node:timers/promises';

/**
 * Waits until `condition` returns a truthy value and resolves to it; a condition that throws counts as not yet met.
 * Rejects after `timeoutMs` (default 5,000) with what the condition last returned or threw.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 5_000, what = 'condition' }: { timeoutMs?: number; what?: string } = {},
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
    await setImmediate();
  }
}
