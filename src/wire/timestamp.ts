import type { Timestamp } from '../gen/google/protobuf/timestamp.js';

/** Milliseconds since 1970, perhaps with a fraction. */
export function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  return { seconds: BigInt(seconds), nanos: Math.floor((ms - seconds * 1_000) * 1e6) };
}
