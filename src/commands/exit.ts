import { constants } from 'node:os';

/** What the program's exit code says. */
export const exitCode = {
  ok: 0,
  /** Something failed while it ran; stderr says what. */
  failure: 1,
  /** The command line or the environment is wrong; nothing was done. */
  usage: 2,
} as const;

/** Why a command was told to end. */
export type Interruption =
  | { readonly kind: 'signal'; readonly name: 'SIGINT' | 'SIGTERM' | 'SIGHUP' }
  /** Whoever read stdout has gone away, as `head` does once it has its lines. */
  | { readonly kind: 'output-closed' };

/** As shells tell of a program that a signal ended: 128 and the signal's number, 130 for Ctrl-C. */
export function signalExitCode(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}

/**
 * The exit code of a command that was interrupted before it was done: as for a program that a signal ended,
 * which is what kubectl's watches give too; 0 where nobody reads any more, since who
 * left had what he wanted. A server that shuts down in good order when asked to is done, and returns 0 instead.
 */
export function interruptedExitCode(signal: AbortSignal): number {
  const reason: unknown = signal.reason;
  if (!isInterruption(reason)) return exitCode.failure;
  switch (reason.kind) {
    case 'signal':
      return signalExitCode(reason.name);
    case 'output-closed':
      return exitCode.ok;
  }
}

function isInterruption(reason: unknown): reason is Interruption {
  return (
    typeof reason === 'object' &&
    reason !== null &&
    'kind' in reason &&
    (reason.kind === 'signal' || reason.kind === 'output-closed')
  );
}
