import { typeMeta } from './json.js';

/** One line of a watch, with its newline. `object` is JSON text. */
export function eventLine(
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR',
  object: string,
): string {
  return `{"type":"${type}","object":${object}}\n`;
}

/** The end of a watch whose version is no longer kept. */
export function expiredLine(message: string): string {
  const rest = { metadata: {}, status: 'Failure', message, reason: 'Expired', code: 410 };
  return eventLine('ERROR', `${typeMeta('Status', 'v1')},${JSON.stringify(rest).slice(1)}`);
}
