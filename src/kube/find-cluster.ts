import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { type Clock, systemClock } from './clock.js';
import { type ClusterResult, parseServer, serverForm } from './cluster.js';
import { noCredentials } from './credentials.js';
import { inCluster, isInCluster, serviceAccountDir } from './in-cluster.js';

export interface ClusterOptions {
  /** Base URL of a server that needs no credentials, such as `kubectl proxy` or the sandbox. Overrides the rest. */
  readonly server?: string | undefined;
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string | undefined;
  /** A context of the kubeconfig. Default: the current one. */
  readonly context?: string | undefined;
  /** Default `process.env`. Read: KUBECONFIG, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the default kubeconfig is looked for. Default: the user's. */
  readonly homeDir?: string;
  /** Where the kubelet puts a pod's token and CA. */
  readonly serviceAccountDir?: string;
  readonly clock?: Clock;
}

/**
 * Finds the cluster to talk to, in the order of kubectl: `server`; `kubeconfig`; the files in `KUBECONFIG`;
 * `~/.kube/config`; the pod's own service account. A `context` asks for a kubeconfig, and so rules out the last.
 */
export async function findCluster(options: ClusterOptions = {}): Promise<ClusterResult> {
  const { server, kubeconfig, context, env = process.env, clock = systemClock } = options;
  if (server !== undefined) return clusterAt(server);

  const files = kubeconfig === undefined ? kubeconfigFiles(env, options.homeDir ?? homedir()) : [kubeconfig];
  if (files.length > 0) {
    const { clusterOfKubeconfig } = await import('./kubeconfig-cluster.js');
    return clusterOfKubeconfig({ files, context, clock });
  }
  if (context === undefined && isInCluster(env)) {
    return inCluster({ env, dir: options.serviceAccountDir ?? serviceAccountDir, clock });
  }
  const expected = 'a kubeconfig file: --kubeconfig, KUBECONFIG or ~/.kube/config';
  const problem = { file: undefined, field: undefined, value: undefined, expected };
  return {
    ok: false,
    problem: context === undefined ? { ...problem, expected: `${expected}; or to run in a pod` } : problem,
  };
}

function clusterAt(server: string): ClusterResult {
  const url = parseServer(server);
  if (url === undefined) {
    return { ok: false, problem: { file: undefined, field: 'server', value: server, expected: serverForm } };
  }
  const credentials = { get: async () => noCredentials, renew: async () => noCredentials };
  return { ok: true, cluster: { server: url, description: url.href, credentials } };
}

/** The files that exist of those that KUBECONFIG names; where it names none, the user's own. */
function kubeconfigFiles(
  env: Readonly<Record<string, string | undefined>>,
  homeDir: string,
): readonly string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0) return named.length === 1 ? named : named.filter((file) => existsSync(file));
  const own = join(homeDir, '.kube', 'config');
  return existsSync(own) ? [own] : [];
}
