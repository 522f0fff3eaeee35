import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from './clock.js';
import type { ClusterResult } from './cluster.js';
import { RenewedCredentials } from './credentials.js';
import { unreadableFile } from './unreadable-file.js';

/**
 * A pod's own way to its API server: the address from the environment, a CA and a token from files that the kubelet
 * writes and replaces. Two files and a header don't need a client library (70 MB of memory).
 */

export const serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

type Env = Readonly<Record<string, string | undefined>>;

export function isInCluster(env: Env): boolean {
  return env['KUBERNETES_SERVICE_HOST'] !== undefined && env['KUBERNETES_SERVICE_HOST'] !== '';
}

export function inCluster({ env, dir, clock }: { env: Env; dir: string; clock: Clock }): ClusterResult {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] || '443'}`;
  if (!URL.canParse(`https://${authority}`)) {
    const field = 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT';
    return {
      ok: false,
      problem: { file: undefined, field, value: authority, expected: 'a host and a port' },
    };
  }

  const caFile = join(dir, 'ca.crt');
  const tokenFile = join(dir, 'token');
  for (const [file, expected] of [
    [caFile, 'the CA that the API server is verified by'],
    [tokenFile, "the pod's service account token (is automountServiceAccountToken off?)"],
  ] as const) {
    const problem = unreadableFile(file, expected);
    if (problem !== undefined) return { ok: false, problem };
  }

  const credentials = new RenewedCredentials({
    clock,
    read: async () => {
      const [ca, token] = await Promise.all([readFile(caFile), readFile(tokenFile, 'utf8')]);
      return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca }, agent: undefined };
    },
  });
  const server = new URL(`https://${authority}`);
  return {
    ok: true,
    cluster: { server, description: `the cluster of this pod, ${server.origin}`, credentials },
  };
}
