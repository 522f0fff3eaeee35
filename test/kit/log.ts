import { Writable } from 'node:stream';
import { createLogger, type Logger } from '../../src/runtime/log.js';

/** A logger that keeps what it is told, parsed. */
export function recordingLog(level = 'debug'): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { log: createLogger({ level: level as 'debug', format: 'json', destination }), lines };
}
