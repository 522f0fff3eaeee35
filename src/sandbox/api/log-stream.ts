import type { ServerResponse } from 'node:http';
import type { LogLine } from '../containers/log-buffer.js';
import type { LogPlan } from './pod-log.js';

/**
 * Sends the lines of a log as plain text, and with `follow` those that come, until the container's run ends. The next line
 * is read from the log when the socket takes it: for a client that is too slow, the oldest lines are missing.
 */
export function streamLog(plan: LogPlan, response: ServerResponse): void {
  const { log, follow, sinceMs, timestamps } = plan;
  let next = plan.from;
  let bytesLeft = plan.maxBytes;
  let blocked = false;

  const pump = (): void => {
    if (blocked || response.destroyed || response.writableEnded) return;
    next = Math.max(next, log.first);
    const lines = log.since(next).filter(({ atMs }) => atMs >= sinceMs);
    next = log.next;
    const whole = Buffer.from(lines.map((line) => lineText(line, timestamps)).join(''));
    const chunk = whole.subarray(0, Math.min(whole.length, bytesLeft));
    bytesLeft -= chunk.length;
    if (chunk.length > 0) blocked = !response.write(chunk);
    if (!follow || log.ended || bytesLeft === 0) response.end();
  };

  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const unfollow = log.follow(pump);
  response.on('close', unfollow);
  response.on('drain', () => {
    blocked = false;
    pump();
  });
  pump();
}

function lineText({ atMs, text }: LogLine, timestamps: boolean): string {
  return timestamps ? `${new Date(atMs).toISOString().slice(0, -1)}000000Z ${text}\n` : `${text}\n`;
}
