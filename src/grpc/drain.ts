import { setImmediate, setTimeout } from 'node:timers/promises';
import type { CallStatus } from './status.js';
import type { StreamRegistry } from './stream-registry.js';

export interface EndStreamsOptions {
  readonly calls: StreamRegistry;
  /** What the streams end with. */
  readonly end: CallStatus;
  readonly now: () => number;
  /** Over how long; 0 for at once. */
  readonly spreadMs: number;
  /** A stream whose write has waited this long is reset: a status would not get through. */
  readonly stalledMs: number;
}

/** Few enough to come back at once without hurting the replicas they come back to. */
const atOnce = 100;
const stepMs = 50;

/**
 * Ends every stream, evenly spread over `spreadMs` where they are many, because each client comes back at once.
 * Unary calls are left to finish.
 */
export async function endStreams({ calls, end, now, spreadMs, stalledMs }: EndStreamsOptions): Promise<void> {
  // Whoever took something just now is not to be taken for stalled.
  await setImmediate();
  const streams = [...calls].filter((call) => call.method.type !== 'unary');
  const steps = streams.length <= atOnce ? 1 : Math.max(1, Math.ceil(spreadMs / stepMs));
  const perStep = Math.ceil(streams.length / steps);
  for (let first = 0; first < streams.length; first += perStep) {
    if (calls.size === 0) return;
    if (first > 0) await setTimeout(stepMs);
    for (const call of streams.slice(first, first + perStep)) {
      if (call.stalledMs(now()) > stalledMs) calls.reset(call, now());
      else call.end(end);
    }
  }
}
