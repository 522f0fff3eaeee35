import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { podId } from '../../src/core/ids.js';
import { createAdminServer } from '../../src/runtime/admin.js';
import { createLogger } from '../../src/runtime/log.js';
import { createRegistry } from '../../src/runtime/metrics.js';
import { exposeReports } from '../../src/telemetry/exposition.js';
import type { ReportColumns } from '../../src/telemetry/report-reader.js';
import { Reporters } from '../../src/telemetry/reporters.js';
import type { End } from '../../src/telemetry/subject.js';
import { serveCommands } from '../kit/worker.js';
import { boundsMs, measures } from './reported.js';

const peersEach = 40;

export interface Spent {
  /** The longest time the event loop didn't turn. */
  readonly longestBlockMs: number;
  readonly cpuMs: number;
}

const resolutionMs = 1;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
let cpu = process.cpuUsage();

const commands = {
  /** Fills the store with series of proxies that have all measures of some peers each; where to scrape them. */
  async start({ series }: { readonly series: number }): Promise<string> {
    const reporters = new Reporters({
      nowMs: () => Date.now(),
      pod: () => undefined,
      podAt: (ip) => endOf('backend', ip.replaceAll('.', '-')),
    });
    for (let nth = 0; reporters.seriesCount < series; nth++) fill(reporters, nth, series);
    const server = await createAdminServer({
      address: { host: '127.0.0.1', port: 0 },
      registry: createRegistry({ version: '0' }),
      log: createLogger({ level: 'warn', format: 'json' }),
      readiness: () => ({ ready: true, conditions: [] }),
      moreMetrics: (format) => exposeReports(reporters, { format, clusterDomain: 'cluster.local' }),
    });
    delay.enable();
    return server.address;
  },
  /** Since this was asked last. */
  spent(): Spent {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    const longestBlockMs = Math.max(0, delay.max / 1e6 - resolutionMs);
    delay.reset();
    return { longestBlockMs, cpuMs: (user + system) / 1e3 };
  },
} as const;

export type ExposerCommands = typeof commands;

function endOf(owner: string, suffix: string): End {
  const name = `${owner}-7d9c5b6f4d-${suffix}`;
  return {
    uid: name,
    directOwner: { kind: 'ReplicaSet', name: `${owner}-7d9c5b6f4d` },
    workload: {
      kind: 'Pod',
      namespace: 'shop',
      name,
      owner: { kind: 'Deployment', name: owner },
      serviceAccount: owner,
      podTemplateHash: '7d9c5b6f4d',
      controlPlaneNamespace: 'conduit',
      identity: undefined,
    },
  };
}

function fill(reporters: Reporters, nth: number, most: number): void {
  const end = endOf('frontend', String(nth));
  const { namespace, name: pod } = end.workload;
  const introduction = { namespace, pod, epochMs: Date.now(), boundsMs };
  const reporter = reporters.introduce(podId(namespace, pod), end, introduction);
  const room = Math.min(peersEach * measures.length, most - reporters.seriesCount);
  const declarations = Array.from({ length: room }, (_, index) => {
    const peer = Math.floor(index / measures.length);
    return {
      id: index + 1,
      facts: {
        direction: 'outbound' as const,
        authority: `backend-${peer % 10}.shop.svc.cluster.local:8080`,
        peerIp: `10.1.0.${peer + 1}`,
        port: 8_080,
        tls: 'mutual' as const,
        route: '',
      },
      measure: measures[index % measures.length] ?? 'requests',
      outcome: { httpStatus: 200, grpcStatus: undefined, isFailure: false },
      epochMs: 0,
    };
  });
  const latencies = declarations.filter(({ measure }) => measure === 'latency');
  const values = declarations.filter(({ measure }) => measure !== 'latency');
  const buckets = boundsMs.length + 1;
  const report: ReportColumns = {
    sequence: 1,
    isComplete: true,
    declarations,
    values: values.length,
    valueSeries: Float64Array.from(values, ({ id }) => id),
    valueNumbers: Float64Array.from(values, ({ id }) => id * 12_345),
    latencies: latencies.length,
    latencySeries: Float64Array.from(latencies, ({ id }) => id),
    latencySums: Float64Array.from(latencies, ({ id }) => id * 1.5),
    counts: Float64Array.from({ length: latencies.length * buckets }, (_, index) => index + 1),
    ended: [],
  };
  const applied = reporter.apply(report);
  if (applied.kind !== 'applied') throw new Error(JSON.stringify(applied));
}

serveCommands(commands);
