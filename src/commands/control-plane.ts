import type { Registry } from 'prom-client';
import type { Http2ClientParams } from '../core/http2-params.js';
import { Engine } from '../engine/engine.js';
import { createApiService } from '../grpc/api.js';
import { createDestinationService } from '../grpc/destination.js';
import { createGrpcMetrics } from '../grpc/metrics.js';
import { createGrpcServer, type GrpcServer } from '../grpc/server.js';
import type { GrpcService } from '../grpc/service.js';
import { ApiClient } from '../kube/api-client.js';
import type { BackendsSource } from '../kube/backends-watch.js';
import { systemClock } from '../kube/clock.js';
import type { Cluster } from '../kube/cluster.js';
import { registerWatchMetrics } from '../kube/metrics.js';
import { type ClusterSinks, watchCluster } from '../kube/watch-set.js';
import { createMesh, type Mesh, type MeshOptions } from '../mesh/mesh.js';
import type { MeshTables } from '../mesh/tables.js';
import type { ListenAddress } from '../runtime/address.js';
import { createAdminServer } from '../runtime/admin.js';
import type { Logger } from '../runtime/log.js';
import { Scope } from '../runtime/scope.js';
import { createEmbeddedSource } from '../stats/embedded-source.js';
import { createPrometheusSource } from '../stats/prometheus-source.js';
import type { StatSource } from '../stats/stat-source.js';
import { exposeReports } from '../telemetry/exposition.js';
import { registerMeshMetrics } from './mesh-metrics.js';
import { missingKinds, readiness } from './readiness.js';
import { selfCheck } from './self-check.js';
import { tapAuthorization } from './tap-authorization.js';
import { startTap } from './tap-service.js';
import { startTelemetry, type Telemetry } from './telemetry.js';
import { packageVersion } from './version.js';

export interface ControlPlaneOptions extends MeshOptions {
  readonly cluster: Cluster;
  readonly proxyApiAddr: ListenAddress;
  readonly apiAddr: ListenAddress;
  readonly adminAddr: ListenAddress;
  readonly clusterDomain: string;
  readonly meshDomain: string;
  readonly endpointsSource: BackendsSource;
  /** Undefined: the proxies' own defaults. */
  readonly meshedHttp2ClientParams: Http2ClientParams | undefined;
  readonly services: readonly ControlPlaneService[];
  /** Where numbers of traffic come from; undefined: from what proxies report to this process. */
  readonly prometheusUrl: string | undefined;
  /** Headers, besides those of credentials, whose values no tap is told. */
  readonly tapRedactedHeaders: readonly string[];
  /** Whether tap asks for a token and for permission. Without, whoever reaches `apiAddr` sees every request. */
  readonly authorizesTap: boolean;
  readonly log: Logger;
  readonly registry: Registry;
}

/** What a control plane can be asked to serve. */
export type ControlPlaneService = 'destination' | 'telemetry' | 'tap';

/** A control plane that runs. */
export interface ControlPlane {
  /** `host:port` of each listener, as bound. */
  readonly addresses: { readonly proxyApi: string; readonly api: string; readonly admin: string };
  /** Resolves when clients are served; rejects if that can't happen any more. */
  readonly synced: Promise<void>;
  /** Rejects for a bug that the process must not outlive; resolves after `stop`. */
  readonly done: Promise<void>;
  /** Ends every stream with UNAVAILABLE, then closes all listeners. Resolves when nothing is left. */
  stop(): Promise<void>;
}

/** How long clients that don't leave by themselves are waited for, within the 10 s that a stop may take. */
const drainGraceMs = 5_000;

/**
 * Starts a control plane and resolves once it listens everywhere. The admin server comes first and goes last: a process
 * that waits for a slow API server is seen to live, and one that drains is seen not to be ready. Throws an Error that
 * names the address where it can't listen, and leaves nothing behind then.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { log, registry, cluster } = options;
  const scope = new Scope();
  try {
    const engine = new Engine({
      onError: (err, where) => log.error({ err, ...where }, 'derivation failed; its last value stays'),
    });
    scope.add(() => engine.close());
    const mesh = createMesh(engine, options);

    const client = new ApiClient({ cluster });
    const watching = new AbortController();
    const watches = watchCluster({
      client,
      sinks: sinksOf(mesh.tables, options.endpointsSource),
      meshDomain: options.meshDomain,
      log,
      signal: watching.signal,
    });
    scope.add(async () => {
      watching.abort();
      await watches.done.catch(() => undefined);
      client.close();
    });
    registerWatchMetrics({ registry, status: () => watches.status(), nowMs: () => systemClock.nowMs() });

    const serves = (service: ControlPlaneService): boolean => options.services.includes(service);
    const telemetry = serves('telemetry') ? startTelemetry({ mesh, registry }) : undefined;
    scope.add(() => telemetry?.close());
    const servers: GrpcServer[] = [];
    let isStopping = false;
    const admin = await createAdminServer({
      address: options.adminAddr,
      registry,
      log,
      readiness: () => readiness(watches.status(), isStopping, systemClock.nowMs()),
      ...(telemetry && {
        moreMetrics: (format) =>
          exposeReports(telemetry.reporters, { format, clusterDomain: options.clusterDomain }),
      }),
      debug: {
        watches: () => watches.status(),
        views: () => mesh.views.map((view) => ({ view: view.name, ...view.stats() })),
        calls: () => servers.flatMap((server) => server.openCalls()),
      },
    });
    scope.add(() => admin.close());

    const metrics = createGrpcMetrics(registry);
    const destination = createDestinationService({ ...options, mesh });
    registerMeshMetrics({ registry, engine, mesh });
    const serve = async (
      name: string,
      address: ListenAddress,
      services: readonly GrpcService[],
    ): Promise<GrpcServer> => {
      const notServing = (): string | undefined => missingKinds(watches.status());
      const server = await createGrpcServer({ name, address, services, log, metrics, notServing });
      servers.push(server);
      return server;
    };
    scope.add(async () => {
      isStopping = true;
      await Promise.all(servers.map((server) => server.drain({ graceMs: drainGraceMs })));
    });
    const authorize = tapAuthorization({ ...options, client });
    const tap = serves('tap') ? startTap({ ...options, mesh, authorize }) : undefined;
    scope.add(() => tap?.close());
    const api = createApiService({
      mesh,
      clusterDomain: options.clusterDomain,
      vocabulary: () => ({
        backendsKind: watches.status().some(({ kind }) => kind === 'Endpoints')
          ? 'Endpoints'
          : 'EndpointSlice',
        meshDomain: options.meshDomain,
      }),
      version: packageVersion(),
      statSource: statSourceOf(options, mesh, telemetry),
      lastReportMs: (pod) => telemetry?.reporters.get(pod)?.reportedAtMs,
      selfCheck: () =>
        selfCheck({
          watches: () => watches.status(),
          mesh,
          reporters: telemetry?.reporters,
          nowMs: () => systemClock.nowMs(),
        }),
    });
    const proxyServer = await serve('proxy', options.proxyApiAddr, [
      ...(serves('destination') ? [destination] : []),
      ...(telemetry ? [telemetry.service] : []),
    ]);
    const toolingServer = await serve('tooling', options.apiAddr, [api, ...(tap ? [tap.service] : [])]);

    const addresses = { proxyApi: proxyServer.address, api: toolingServer.address, admin: admin.address };
    log.info({ ...addresses, cluster: cluster.description }, 'control plane started');
    return { addresses, synced: watches.synced, done: watches.done, stop: () => scope.close() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}

/** Undefined where there are no numbers of traffic. */
function statSourceOf(
  { prometheusUrl, clusterDomain }: ControlPlaneOptions,
  mesh: Mesh,
  telemetry: Telemetry | undefined,
): StatSource | undefined {
  if (prometheusUrl !== undefined) return createPrometheusSource({ url: prometheusUrl, mesh });
  if (telemetry === undefined) return undefined;
  return createEmbeddedSource({ ...telemetry, mesh, clusterDomain, nowMs: () => Date.now() });
}

function sinksOf(tables: MeshTables, source: BackendsSource): ClusterSinks {
  const { Deployment, StatefulSet, DaemonSet, ReplicationController, CronJob } = tables.controllers;
  return {
    services: tables.services,
    backends: { source, sink: tables.backends },
    pods: tables.pods,
    nodes: tables.nodes,
    replicaSets: tables.replicaSets,
    jobs: tables.jobs,
    namespaces: tables.namespaces,
    controllers: {
      Deployment: Deployment.rows,
      StatefulSet: StatefulSet.rows,
      DaemonSet: DaemonSet.rows,
      ReplicationController: ReplicationController.rows,
      CronJob: CronJob.rows,
    },
    serviceProfiles: tables.serviceProfiles,
    servers: tables.servers,
    externalWorkloads: tables.externalWorkloads,
  };
}
