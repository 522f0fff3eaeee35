import process from 'node:process';
import type { Logger } from './log.js';

/** What of `process` is used here; another in tests. */
export interface ProcessHandle {
  on(event: 'uncaughtException', listener: (error: unknown, origin: string) => void): unknown;
  exit(code: number): void;
  getActiveResourcesInfo(): string[];
}

export interface StopOptions {
  readonly log: Logger;
  readonly stop: () => Promise<void>;
  /**
   * How long it may take; default 10 s, well under the 30 s after which Kubernetes kills (a Pod's
   * `terminationGracePeriodSeconds`).
   */
  readonly deadlineMs?: number;
  readonly host?: ProcessHandle;
}

/** EX_SOFTWARE of sysexits(3). */
const exitBug = 70;

/** Stops in good order. At the deadline the process exits with 1, and a line that says what it still held. */
export async function stopInTime({
  log,
  stop,
  deadlineMs = 10_000,
  host = process,
}: StopOptions): Promise<void> {
  log.info({ deadlineMs }, 'stopping');
  const deadline = setTimeout(() => {
    log.error({ resources: countEach(host.getActiveResourcesInfo()), deadlineMs }, 'not stopped in time');
    host.exit(1);
  }, deadlineMs);
  await stop();
  clearTimeout(deadline);
  log.info('stopped');
}

/**
 * A bug ends the process, with 70 and a fatal line that has the error and its causes: state behind an unforeseen error
 * is not to be trusted, and Kubernetes restarts us. A rejected promise that nobody handles counts as one.
 */
export function exitOnBug({
  log,
  host = process,
}: {
  readonly log: Logger;
  readonly host?: ProcessHandle;
}): void {
  // Node reports an unhandled rejection as an uncaught exception where nothing else listens for it.
  host.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'unexpected error, exiting');
    host.exit(exitBug);
  });
}

function countEach(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
