import type { Duration } from '../gen/google/protobuf/duration.js';

/** In milliseconds, with a fraction where it has one. */
export function decodeDurationMs({ seconds, nanos }: Duration): number {
  return Number(seconds) * 1_000 + nanos / 1e6;
}
