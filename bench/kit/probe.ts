import { openSync, readFileSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { serveCommands } from './worker.js';

/** Loaded into the control plane's process before its program (`--import`): reads what only the process itself can. */

export interface Vitals {
  /** The longest time the event loop didn't turn, since the start or the last reading. */
  readonly longestBlockMs: number;
  /**
   * The most that the main thread ran without the event loop turning, since then: what a block is where other processes don't
   * have the cores. Linux counts it in ticks of a few milliseconds.
   */
  readonly longestRunMs: number;
  /** How late a timer of 1 ms was that fired all the time since then: the middle, and what 99 % stay below. */
  readonly delayMs: { readonly p50: number; readonly p99: number };
  /** User and system time since the start. */
  readonly cpuSeconds: number;
  /** Since the start: how long the main thread could have run and had to wait for a core, other processes having them. */
  readonly coreWaitSeconds: number;
  readonly rssBytes: number;
  /** VmHWM of /proc/self/status. */
  readonly peakRssBytes: number;
  readonly heapBytes: number;
}

const resolutionMs = 1;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();

const schedstat = openSync('/proc/self/schedstat', 'r');
const schedstatText = Buffer.alloc(128);
let ranMs = mainThread().ranMs;
let longestRunMs = 0;
setInterval(() => {
  const now = mainThread().ranMs;
  longestRunMs = Math.max(longestRunMs, now - ranMs);
  ranMs = now;
}, resolutionMs).unref();

const commands = {
  vitals(): Vitals {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const late = (nanos: number): number => Math.max(0, nanos / 1e6 - resolutionMs);
    const longestBlockMs = late(delay.max);
    const delayMs = { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)) };
    delay.reset();
    const longestRun = longestRunMs;
    longestRunMs = 0;
    ({ ranMs } = mainThread());
    return {
      longestBlockMs,
      longestRunMs: longestRun,
      delayMs,
      cpuSeconds: (user + system) / 1e6,
      coreWaitSeconds: mainThread().waitedMs / 1_000,
      rssBytes: rss,
      peakRssBytes: peakRssBytes(),
      heapBytes: heapUsed,
    };
  },
  /** Returns after full collections, when memory that was freed has gone back to the system. */
  async collect(): Promise<void> {
    const { gc } = globalThis;
    if (gc === undefined) throw new Error('needs --expose-gc');
    for (let round = 0; round < 4; round++) {
      gc();
      await setTimeout(250);
    }
  },
} as const;

export type ProbeCommands = typeof commands;

function peakRssBytes(): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (kib === undefined) throw new Error('the system has no /proc/self/status with VmHWM');
  return Number(kib) * 1_024;
}

/** How long it has run, and how long it could have and had to wait for a core: /proc/self/schedstat, in nanoseconds there. */
function mainThread(): { readonly ranMs: number; readonly waitedMs: number } {
  const length = readSync(schedstat, schedstatText, 0, schedstatText.length, 0);
  const [ran = 'NaN', waited = 'NaN'] = schedstatText.toString('latin1', 0, length).split(' ');
  return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
}

serveCommands(commands);
// The channel to the parent must not be what keeps the program alive.
process.channel?.unref();
