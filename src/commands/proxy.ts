import type { ProxyConfig } from '../config/proxy-flags.js';
import { formatHostPort } from '../config/parsers.js';
import { parseContextToken } from '../core/context-token.js';
import { observeAll } from '../proxy/metrics/observer.js';
import { createProxyMetrics, latencyBoundsMs } from '../proxy/metrics/proxy-metrics.js';
import { startProxy } from '../proxy/proxy.js';
import { createReportMetrics } from '../proxy/report/metrics.js';
import { ReportBook } from '../proxy/report/report-book.js';
import { ReportObserver } from '../proxy/report/report-observer.js';
import { Reporter } from '../proxy/report/reporter.js';
import { createTapServer } from '../proxy/tap/server.js';
import { Taps } from '../proxy/tap/taps.js';
import { createAdminServer, type Readiness } from '../runtime/admin.js';
import { createLogger, type Logger } from '../runtime/log.js';
import { createRegistry } from '../runtime/metrics.js';
import { Scope } from '../runtime/scope.js';
import type { Io } from './io.js';
import { type Running, serveUntilStopped } from './serve.js';
import { packageVersion } from './version.js';

/** How often series that have fallen idle are looked for. */
const sweepMs = 60_000;

/** How long the last report may take: a control plane that is there takes a few milliseconds. */
const lastReportMs = 1_000;

/** What closing may take behind the requests that were waited for. */
const closeMs = 5_000;

/** Runs the sidecar until it is told to stop. */
export function run(config: ProxyConfig, io: Io): Promise<number> {
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  return serveUntilStopped({
    name: 'conduit proxy',
    io,
    log,
    start: () => start(config, log),
    stopDeadlineMs: config.shutdownGrace.ms + closeMs,
  });
}

async function start(config: ProxyConfig, log: Logger): Promise<Running> {
  const scope = new Scope();
  try {
    const registry = createRegistry({ version: packageVersion() });
    const nowMs = (): number => performance.now();
    const metrics = createProxyMetrics({ registry, nowMs });
    const sweep = setInterval(() => metrics.sweep(), sweepMs).unref();
    scope.add(() => clearInterval(sweep));

    const token = config.contextToken ?? '';
    const { pod, namespace } = parseContextToken(token);
    const observers = [metrics.observer];
    if (config.telemetryAddr !== 'off' && pod !== undefined && namespace !== undefined) {
      const book = new ReportBook({ latencyBoundsMs, nowMs, epochMs: Date.now() });
      const observer = new ReportObserver(book);
      observers.push(observer);
      const reporter = new Reporter({
        address: formatHostPort(config.telemetryAddr),
        namespace,
        pod,
        book,
        update: () => observer.update(),
        log,
        reports: createReportMetrics(registry, book),
      });
      scope.add(() => reporter.stop({ withinMs: lastReportMs }));
    }

    if (config.controlAddr !== 'off') {
      const taps = new Taps();
      observers.push(taps.observer);
      const tapServer = await createTapServer({ address: config.controlAddr, taps, registry, log });
      scope.add(() => tapServer.close());
      log.info({ control: tapServer.address }, 'tap server started');
    }

    let isStopping = false;
    const proxy = await startProxy({
      outbound: config.outboundAddr,
      outboundTcp: config.outboundTcp,
      inbound: [
        ...config.inbound.map((rule) => ({ ...rule, isOpaque: false })),
        ...config.inboundOpaque.map((rule) => ({ ...rule, isOpaque: true })),
      ],
      sourceIp: config.sourceIp,
      destinationAddress: formatHostPort(config.destinationAddr),
      contextToken: token,
      detectMs: config.detectTimeout.ms,
      discoveryIdleMs: config.discoveryIdle.ms,
      name: pod === undefined || namespace === undefined ? pod : `${pod}.${namespace}`,
      observer: observeAll(observers),
      log,
    });
    scope.add(() => proxy.stop({ graceMs: config.shutdownGrace.ms }));

    const admin = await createAdminServer({
      address: config.adminAddr,
      registry,
      log,
      readiness: () => readiness(isStopping, proxy.connections()),
      debug: { discovery: () => proxy.discovery() },
    });
    log.info({ admin: admin.address }, 'admin server started');
    return {
      synced: Promise.resolve(),
      done: new Promise(() => {}),
      async stop() {
        isStopping = true;
        await scope.close();
        await admin.close();
      },
    };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

/** A proxy serves as soon as it listens; that the control plane is away is no reason to send it no traffic. */
function readiness(isStopping: boolean, connections: number): Readiness {
  return {
    ready: !isStopping,
    conditions: [
      { name: 'process', ok: !isStopping, detail: isStopping ? 'stopping' : 'running' },
      { name: 'connections', ok: true, detail: `${connections} open` },
    ],
  };
}
