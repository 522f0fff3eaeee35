import { once } from 'node:events';
import type { Logger } from '../runtime/log.js';
import { exitOnBug, stopInTime } from '../runtime/shutdown.js';
import { exitCode } from './exit.js';
import type { Io } from './io.js';

/** A server, or several, that have been started. */
export interface Running {
  /** Resolves when clients are served; rejects if that can't happen any more. */
  readonly synced: Promise<void>;
  /** Rejects for a bug that the process must not outlive. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

export interface ServeOptions<R extends Running> {
  /** Begins the line that tells why it could not start: `conduit controller`. */
  readonly name: string;
  readonly io: Io;
  readonly log: Logger;
  /** Throws an Error whose message is for the user, with nothing left behind. */
  readonly start: () => Promise<R>;
  /** Called once clients are served. What it throws ends the program as a failure. */
  readonly onServing?: (running: R) => Promise<void> | void;
  /** How long stopping may take; default 10 s. */
  readonly stopDeadlineMs?: number;
}

/**
 * Runs servers until the program is told to end, then stops them in good order, which takes at most 10 s unless the
 * options say otherwise: past that the process exits with 1. Resolves to the exit code: 0 after a stop in good order, 1 where it could not start or had
 * to end by itself.
 */
export async function serveUntilStopped<R extends Running>(options: ServeOptions<R>): Promise<number> {
  const { name, io, log, start, onServing, stopDeadlineMs } = options;
  exitOnBug({ log });
  let running: R;
  try {
    running = await start();
  } catch (error) {
    io.stderr.write(`${name}: ${messageOf(error)}\n`);
    return exitCode.failure;
  }
  const stopRequest = io.signal.aborted ? Promise.resolve() : once(io.signal, 'abort');
  let code: number = exitCode.ok;
  try {
    const served = await Promise.race([running.synced.then(() => true), stopRequest.then(() => false)]);
    if (served) {
      log.info('serving');
      await onServing?.(running);
      await Promise.race([stopRequest, running.done]);
    }
  } catch (error) {
    log.fatal({ err: error }, 'failed; stopping');
    io.stderr.write(`${name}: ${messageOf(error)}\n`);
    code = exitCode.failure;
  }

  await stopInTime({
    log,
    stop: () => running.stop(),
    ...(stopDeadlineMs !== undefined && { deadlineMs: stopDeadlineMs }),
  });
  return code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
