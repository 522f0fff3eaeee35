import { rename, writeFile } from 'node:fs/promises';
import process from 'node:process';
import type { SandboxConfig } from '../config/flags.js';
import { formatHostPort } from '../config/parsers.js';
import { findCluster } from '../kube/find-cluster.js';
import { isLoopback } from '../runtime/address.js';
import { createLogger, type Logger } from '../runtime/log.js';
import { createRegistry } from '../runtime/metrics.js';
import { Scope } from '../runtime/scope.js';
import { rbacAuthorizer } from '../sandbox/access/rbac-authorizer.js';
import { ServiceAccountTokens } from '../sandbox/access/service-account-tokens.js';
import { openAuthorizer } from '../sandbox/api/review.js';
import { createApiServer } from '../sandbox/api/server.js';
import { startCluster } from '../sandbox/cluster.js';
import type { PodRuntime } from '../sandbox/containers/pod-runtime.js';
import { applyManifests } from '../sandbox/manifests/apply.js';
import { type Manifest, type ManifestProblem, problemText } from '../sandbox/manifests/manifest.js';
import { loadWithMeshResources } from '../sandbox/manifests/mesh-resources.js';
import { Store } from '../sandbox/store/store.js';
import { startControlPlane } from './control-plane.js';
import { exitCode } from './exit.js';
import type { Io } from './io.js';
import { claimPodNetwork } from './pod-network.js';
import { createPodRuntime } from './sandbox-programs.js';
import { sandboxWelcome, type SandboxAddresses } from './sandbox-welcome.js';
import { type Running, serveUntilStopped } from './serve.js';
import { packageVersion } from './version.js';

const name = 'conduit sandbox';

interface Sandbox extends Running {
  readonly addresses: SandboxAddresses;
}

/** Runs a cluster in memory and a control plane on top of it, until it is told to stop. */
export async function run(config: SandboxConfig, io: Io): Promise<number> {
  const isLocal = isLoopback(config.apiAddr.host);
  if (config.authorizeTap === false && !isLocal) {
    io.stderr.write(`${name}: ${tapNeedsLoopback}\n`);
    return exitCode.usage;
  }
  const authorizesTap = config.authorizeTap ?? !isLocal;
  const loaded = await loadWithMeshResources(config.manifests);
  if (!loaded.ok) return refuse(io, loaded.problems);
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const pods = config.runPrograms ? await claimPodNetwork() : undefined;
  if (pods?.ok === false) log.warn({ reason: pods.problem }, 'no programs are run: pods are addresses only');
  const cluster = createCluster(config, loaded.manifests, log, pods?.ok === true ? pods.network : undefined);
  if (!cluster.ok) return refuse(io, cluster.problems);

  return serveUntilStopped({
    name,
    io,
    log,
    start: () => startSandbox({ ...config, authorizesTap }, cluster, log),
    onServing: async ({ addresses }) => {
      const { destinationAddr } = config;
      cluster.runtime?.open({
        destinationAddr:
          destinationAddr === undefined ? dialAddress(addresses.proxyApi) : formatHostPort(destinationAddr),
      });
      if (config.readyFile !== undefined) await writeReadyFile(config.readyFile, addresses);
      io.stdout.write(
        sandboxWelcome({
          addresses,
          store: cluster.store,
          clusterDomain: config.clusterDomain,
          runsPods: (podSpec) => cluster.runtime?.runs(podSpec) === true,
        }),
      );
    },
  });
}

const tapNeedsLoopback =
  '--authorize-tap false needs an --api-addr on loopback: whoever reaches it sees every request';

/** Where to connect to what listens at an address: on all of them means on loopback too. */
function dialAddress(bound: string): string {
  return bound.replace(/^(0\.0\.0\.0|\[::\]):/, '127.0.0.1:');
}

/** The file appears whole or not at all, so that whoever waits for it can read it as soon as it is there. */
async function writeReadyFile(file: string, addresses: SandboxAddresses): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(addresses)}\n`);
  await rename(draft, file);
}

function refuse(io: Io, problems: readonly ManifestProblem[]): number {
  io.stderr.write(problems.map((problem) => `${name}: ${problemText(problem)}\n`).join(''));
  return exitCode.usage;
}

type ClusterResult =
  | {
      readonly ok: true;
      readonly store: Store;
      readonly runtime: PodRuntime | undefined;
      readonly stop: () => void;
    }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/**
 * The cluster, with its controllers at work on the manifests, before anything listens. With a network that is this
 * process's own, pods run.
 */
function createCluster(
  config: SandboxConfig,
  manifests: readonly Manifest[],
  log: Logger,
  podNetwork: string | undefined,
): ClusterResult {
  const runtime = podNetwork === undefined ? undefined : createPodRuntime(config);
  // Higher than any version of a sandbox that ran before it: no cluster in memory changes a thousand times a second.
  const store = new Store({ firstVersion: Date.now() });
  const cluster = startCluster({
    store,
    log,
    nodes: config.nodes,
    podReadyDelayMs: config.podReadyDelay.ms,
    ...(runtime && { runtime }),
    ...(podNetwork !== undefined && { podNetwork }),
    namespaces: ['default', 'kube-system', config.controllerNamespace],
  });
  const applied = applyManifests(store, manifests);
  if (applied.ok) return { ok: true, store, runtime, stop: () => cluster.stop() };
  cluster.stop();
  return { ok: false, problems: applied.problems };
}

/** Starts the servers, which find each other over real connections, as they would in a cluster. */
async function startSandbox(
  config: SandboxConfig & { readonly authorizesTap: boolean },
  { store, runtime, stop }: Extract<ClusterResult, { ok: true }>,
  log: Logger,
): Promise<Sandbox> {
  const scope = new Scope();
  scope.add(stop);
  try {
    const { host = '::', port } = config.kubeAddr;
    const tokens = new ServiceAccountTokens({ store });
    const kubeApi = await createApiServer({
      store,
      log,
      tokens,
      authorizer: config.authorizesTap ? rbacAuthorizer({ store, tokens }) : openAuthorizer,
      address: host,
      port,
      ...(runtime && { containers: runtime }),
    });
    scope.add(() => kubeApi.close());
    const found = await findCluster({ server: kubeApi.url });
    if (!found.ok) throw new Error(`no way to ${kubeApi.url}`);
    const controlPlane = await startControlPlane({
      ...config,
      cluster: found.cluster,
      endpointsSource: 'slices',
      services: ['destination', 'telemetry', 'tap'],
      tapRedactedHeaders: [],
      log,
      registry: createRegistry({ version: packageVersion() }),
    });
    scope.add(() => controlPlane.stop());
    // The first to be closed: a control plane drains at once that nobody listens to.
    scope.add(() => runtime?.close());
    return {
      addresses: { kubeApi: new URL(kubeApi.url).host, ...controlPlane.addresses },
      synced: controlPlane.synced,
      done: controlPlane.done,
      stop: () => scope.close(),
    };
  } catch (error) {
    await scope.close();
    throw error;
  }
}
