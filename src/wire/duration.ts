import type { Duration } from '../gen/google/protobuf/duration.js';

/** Milliseconds, not negative and perhaps with a fraction, to the nanosecond. */
export function toDuration(ms: number): Duration {
  const seconds = Math.floor(ms / 1_000);
  // Rounding may make it a whole second more.
  const nanos = Math.round((ms - seconds * 1_000) * 1e6);
  return nanos === 1e9 ? { seconds: BigInt(seconds + 1), nanos: 0 } : { seconds: BigInt(seconds), nanos };
}
/** In milliseconds, with a fraction where it has one. */
export function decodeDurationMs({ seconds, nanos }: Duration): number {
  return Number(seconds) * 1_000 + nanos / 1e6;
}
