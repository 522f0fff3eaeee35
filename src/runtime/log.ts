import process from 'node:process';
import pino, { type DestinationStream, type LevelWithSilent, type Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';
export type LogLevel = LevelWithSilent;
/** `auto`: `pretty` on a terminal, `json` anywhere else. */
export type LogFormat = 'auto' | 'json' | 'pretty';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go; standard error by default, as standard output belongs to a command's results. */
  readonly destination?: DestinationStream & NodeJS.WritableStream;
}

const stderrFd = 2;

/**
 * The process's logger. A line has `level` as text, `time` in ISO 8601, `msg`, and the fields given; `err` is an error
 * with its stack and its causes, nested. A bigint is written as a JSON number.
 *
 * Lines are written synchronously, in this thread: the line that tells why the process ended is never lost.
 */
export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const toTerminal = destination === undefined && process.stderr.isTTY;
  const isPretty = format === 'pretty' || (format === 'auto' && toTerminal);
  return pino(
    {
      level,
      // The pod's name and the container's process id say nothing that the log's collector doesn't know.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    isPretty
      ? pretty({ colorize: toTerminal, sync: true, destination: destination ?? stderrFd })
      : (destination ?? pino.destination({ dest: stderrFd, sync: true })),
  );
}
