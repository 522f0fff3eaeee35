import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { serveCommands } from '../kit/worker.js';
import { startBareHttp2 } from './bare-http2-variant.js';
import { startBareGrpc } from './bare-grpc-variant.js';
import { startConduit } from './conduit-variant.js';
import { startPerStream } from './per-stream-variant.js';
import type { Change } from '../kit/service-under-change.js';
import type { StartVariant, Variant } from './variant.js';

/** A process that runs one variant and reads its own CPU time and memory. */

export const variants = {
  conduit: startConduit,
  'per stream': startPerStream,
  'bare grpc-js': startBareGrpc,
  'bare http2': startBareHttp2,
} as const satisfies Readonly<Record<string, StartVariant>>;

export type VariantName = keyof typeof variants;

export interface Memory {
  readonly rssBytes: number;
  readonly heapBytes: number;
}

/** Since the latest `commit`. */
export interface Spent {
  /** User and system time of the whole process. */
  readonly cpuMicros: number;
  /** When it began, in milliseconds of the system's monotonic clock. */
  readonly startedMs: number;
}

let variant: Variant | undefined;
let cpuBefore = process.cpuUsage();
let startedMs = 0;

const commands = {
  async start({ name, size }: { name: VariantName; size: number }): Promise<number> {
    variant = await variants[name](size);
    return variant.port;
  },
  prepare(change: Change): void {
    started().prepare(change);
  },
  /** To be notified, not called: an answer would count as the variant's work. */
  commit(): void {
    cpuBefore = process.cpuUsage();
    startedMs = Number(process.hrtime.bigint()) / 1e6;
    started().commit();
  },
  spent(): Spent {
    const { user, system } = process.cpuUsage(cpuBefore);
    return { cpuMicros: user + system, startedMs };
  },
  streams(): number {
    return started().streams();
  },
  /** After a full collection. */
  async memory(): Promise<Memory> {
    const { gc } = globalThis;
    if (gc === undefined) throw new Error('needs --expose-gc');
    for (let round = 0; round < 4; round++) {
      gc();
      await setTimeout(250);
    }
    const { rss, heapUsed } = process.memoryUsage();
    return { rssBytes: rss, heapBytes: heapUsed };
  },
} as const;

export type ServerCommands = typeof commands;

function started(): Variant {
  if (variant === undefined) throw new Error('no variant was started');
  return variant;
}

serveCommands(commands);
