import { Agent, get } from 'node:http';
import { serveCommands } from '../kit/worker.js';

/**
 * A process that asks for a URL every so often, unless it still waits for an answer, on one connection that stays: Node
 * accepts one new connection a turn of the event loop, so that many of them would queue behind each other and say nothing of
 * the one that a kubelet opens every ten seconds.
 */

export interface Polled {
  readonly answers: number;
  /** Answers other than 200, and none at all. */
  readonly failures: number;
  readonly longestMs: number;
}

const everyMs = 10;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

let stopPolling: () => Promise<Polled> = () => Promise.reject(new Error('not started'));

const commands = {
  start(url: string): void {
    let waiting: Promise<void> | undefined;
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
          waiting = undefined;
          resolve();
        };
        const request = get(url, { agent }, (response) => {
          response.resume();
          response.on('end', () => over(response.statusCode === 200));
        });
        request.on('error', () => over(false));
      });
    const timer = setInterval(() => {
      waiting ??= ask();
    }, everyMs);
    stopPolling = async () => {
      clearInterval(timer);
      await waiting;
      return { answers, failures, longestMs };
    };
  },
  stop(): Promise<Polled> {
    return stopPolling();
  },
} as const;

export type LivePollerCommands = typeof commands;

serveCommands(commands);
