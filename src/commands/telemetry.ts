import { performance } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import type { GrpcService } from '../grpc/service.js';
import { createTelemetryService } from '../grpc/telemetry.js';
import type { Mesh } from '../mesh/mesh.js';
import { Reporters } from '../telemetry/reporters.js';
import { createReportingPods } from '../telemetry/reporting-pods.js';

export interface Telemetry {
  readonly reporters: Reporters;
  readonly service: GrpcService;
  close(): void;
}

const turnMs = 5_000;
const sweepMs = 60_000;

/** The telemetry of a mesh: takes reports, and remembers how they grow. */
export function startTelemetry({
  mesh,
  registry,
}: {
  readonly mesh: Mesh;
  readonly registry: Registry;
}): Telemetry {
  const pods = createReportingPods(mesh);
  const reporters = new Reporters({
    nowMs: () => Date.now(),
    pod: (id) => pods.pod(id),
    podAt: (ip) => pods.podAt(ip),
  });
  const load = new Load();
  const service = createTelemetryService({
    reporters,
    pods,
    registry,
    intervalMs: (proxies) => load.intervalMs(proxies),
  });
  const timers = [
    setInterval(() => {
      reporters.turn();
      coarsen(reporters);
      load.look();
    }, turnMs),
    setInterval(() => reporters.sweep(), sweepMs),
  ];
  for (const timer of timers) timer.unref();
  return {
    reporters,
    service,
    close: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

/** How long a turn of the event loop merges frames. */
const maxSliceMs = 4;

function coarsen(reporters: Reporters): void {
  const untilMs = performance.now() + maxSliceMs;
  while (performance.now() < untilMs) {
    if (!reporters.windows.coarsen()) return;
  }
  setImmediate(() => coarsen(reporters)).unref();
}

/** Fresh enough to watch, and a small part of what proxies cost by themselves. */
const shortestMs = 2_000;
/** The longest that `stat` may lag behind. */
const longestMs = 30_000;
/** A thousand reports a second take a few hundredths of a core. */
const reportsPerSecond = 1_000;

/** How often proxies are to report: the less often the more they are, and the busier this process is. */
class Load {
  #before = performance.eventLoopUtilization();
  #utilization = 0;

  look(): void {
    const now = performance.eventLoopUtilization();
    this.#utilization = performance.eventLoopUtilization(now, this.#before).utilization;
    this.#before = now;
  }

  intervalMs(proxies: number): number {
    const calmMs = Math.max(shortestMs, (proxies / reportsPerSecond) * 1_000);
    const factor = this.#utilization > 0.9 ? 8 : this.#utilization > 0.7 ? 3 : 1;
    return Math.min(longestMs, calmMs * factor);
  }
}
