import { get } from 'node:http';
import { serveCommands } from '../kit/worker.js';

/** A process that asks for a URL every so often as the kubelet does, each time on a connection of its own. */

export interface Polled {
  readonly answers: number;
  /** Answers other than 200, and none at all. */
  readonly failures: number;
  readonly longestMs: number;
}

const everyMs = 10;

let stopPolling: () => Promise<Polled> = () => Promise.reject(new Error('not started'));

const commands = {
  start(url: string): void {
    const waits: Promise<void>[] = [];
    let answers = 0;
    let failures = 0;
    let longestMs = 0;
    const ask = (): Promise<void> =>
      new Promise((resolve) => {
        const startedMs = performance.now();
        const over = (isAnswer: boolean): void => {
          if (isAnswer) answers += 1;
          else failures += 1;
          longestMs = Math.max(longestMs, performance.now() - startedMs);
          resolve();
        };
        const request = get(url, { agent: false }, (response) => {
          response.resume();
          response.on('end', () => over(response.statusCode === 200));
        });
        request.on('error', () => over(false));
      });
    const timer = setInterval(() => waits.push(ask()), everyMs);
    stopPolling = async () => {
      clearInterval(timer);
      await Promise.all(waits);
      return { answers, failures, longestMs };
    };
  },
  stop(): Promise<Polled> {
    return stopPolling();
  },
} as const;

export type LivePollerCommands = typeof commands;

serveCommands(commands);
