import type { Fields } from '../store/field.js';
import { timestamp } from '../store/object.js';
import type { ProcessEnd } from './process.js';

/** How a run of a container ended, in the words of core/v1 ContainerStateTerminated. */
export interface Termination {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly containerId: string;
}

/** Codes as container runtimes report them: 128 and the number of the signal, and 128 alone for what could not start. */
export function exitOf(end: ProcessEnd): Pick<Termination, 'exitCode' | 'reason' | 'message'> {
  switch (end.kind) {
    case 'exited':
      return { exitCode: end.code, reason: end.code === 0 ? 'Completed' : 'Error' };
    case 'killed':
      return { exitCode: 128 + end.signal, reason: 'Error' };
    case 'not-started':
      return { exitCode: 128, reason: 'StartError', message: end.reason };
  }
}

export function terminatedFields(end: Termination): Fields {
  const { exitCode, reason, message, startedAtMs, finishedAtMs, containerId } = end;
  return {
    terminated: {
      exitCode,
      reason,
      ...(message !== undefined && { message }),
      startedAt: timeText(startedAtMs),
      finishedAt: timeText(finishedAtMs),
      containerID: containerId,
    },
  };
}

export function timeText(ms: number): string {
  return timestamp(new Date(ms));
}

/** As Go writes it: `10s`, `1m20s`, `50ms`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  const seconds = (ms % 60_000) / 1_000;
  return ms < 60_000 ? `${seconds}s` : `${Math.floor(ms / 60_000)}m${seconds}s`;
}
