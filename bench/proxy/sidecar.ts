import { Registry } from 'prom-client';
import { observeAll } from '../../src/proxy/metrics/observer.js';
import { createProxyMetrics, latencyBoundsMs } from '../../src/proxy/metrics/proxy-metrics.js';
import { type Proxy, startProxy } from '../../src/proxy/proxy.js';
import { ReportBook } from '../../src/proxy/report/report-book.js';
import { ReportObserver } from '../../src/proxy/report/report-observer.js';
import { Taps } from '../../src/proxy/tap/taps.js';
import { createLogger } from '../../src/runtime/log.js';
import { serveCommands } from '../kit/worker.js';
import { cpuMicros } from './cpu.js';

/** A process with one sidecar, which counts and can be tapped as `conduit proxy` does and can; nobody asks it to. */

let proxy: Proxy | undefined;

const commands = {
  /** In front of an application on `forwardPort`, or, without one, for an application of its own. Resolves to the port. */
  async start({
    forwardPort,
    destinationAddress,
  }: {
    forwardPort?: number;
    destinationAddress?: string;
  }): Promise<number> {
    const host = '127.0.0.1';
    const listen = { host, port: 0 };
    const nowMs = (): number => performance.now();
    proxy = await startProxy({
      outbound: forwardPort === undefined ? listen : undefined,
      outboundTcp: [],
      inbound:
        forwardPort === undefined ? [] : [{ listen, forward: { host, port: forwardPort }, isOpaque: false }],
      destinationAddress,
      contextToken: '',
      detectMs: 10_000,
      discoveryIdleMs: 300_000,
      name: undefined,
      observer: observeAll([
        createProxyMetrics({ registry: new Registry(), nowMs }).observer,
        new ReportObserver(new ReportBook({ latencyBoundsMs, nowMs, epochMs: Date.now() })),
        new Taps().observer,
      ]),
      log: createLogger({ level: 'warn', format: 'json' }),
      nowMs,
    });
    const address = proxy.addresses.outbound ?? proxy.addresses.inbound[0] ?? '';
    return Number(address.split(':')[1]);
  },
  cpuMicros,
} as const;

export type SidecarCommands = typeof commands;

serveCommands(commands);
