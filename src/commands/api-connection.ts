import { readFile } from 'node:fs/promises';
import type { TapEnd } from '../client/tap.js';
import { formatHostPort, type HostPort } from '../config/parsers.js';
import { apiPort } from '../config/ports.js';
import { ApiClient } from '../kube/api-client.js';
import { ApiError } from '../kube/api-error.js';
import { type Cluster, describeProblem } from '../kube/cluster.js';
import { findCluster } from '../kube/find-cluster.js';
import { findControlPlane } from '../kube/find-control-plane.js';
import { requestToken } from '../kube/token-request.js';
import { tapAudience } from '../tap/authorize-by-review.js';
import type { Io } from './io.js';

/** How a command was told to reach a control plane; undefined is what nobody said. */
export interface ConnectionConfig {
  readonly apiAddr: (HostPort & { readonly host: string }) | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly controllerNamespace: string;
}

export interface TokenConfig {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
}

/** A way to the tooling-facing side of a control plane. */
export interface ApiConnection {
  /** `host:port`, of the control plane or of a tunnel to it. */
  readonly address: string;
  /** Why the way broke, where that is known better than by who tried to connect. */
  problem(): string | undefined;
  /**
   * What to show a control plane that asks who it is: the token that the user gave, else one of the service account
   * `conduit-tap` in the control plane's namespace. Undefined where the address was given, and no token.
   */
  token(config: TokenConfig): Promise<Told<string | undefined>>;
  close(): void;
}

export type Told<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** Whom tokens are asked of where the user has none for tap. */
const tapServiceAccount = 'conduit-tap';

/**
 * Finds a control plane: at the address given; else in the cluster that the kubeconfig names, through a port-forward to
 * one of its pods; else, without a kubeconfig, on this machine, where a sandbox listens.
 */
export async function connectToApi(config: ConnectionConfig, io: Io): Promise<Told<ApiConnection>> {
  const isAsked = config.kubeconfig !== undefined || config.context !== undefined;
  if (config.apiAddr !== undefined) return { ok: true, value: direct(formatHostPort(config.apiAddr)) };

  const found = await findCluster({ kubeconfig: config.kubeconfig, context: config.context, env: io.env });
  if (!found.ok) {
    // Nothing that was looked at is wrong: there is no kubeconfig at all.
    const isAbsent = !isAsked && found.problem.file === undefined && found.problem.field === undefined;
    if (isAbsent) return { ok: true, value: direct(`127.0.0.1:${apiPort}`) };
    return { ok: false, problem: describeProblem(found.problem) };
  }
  return throughCluster(found.cluster, config.controllerNamespace, io);
}

/** Taps over a connection that is closed afterwards. That there is none, or that it broke, is how the tap failed. */
export async function withTapConnection(
  config: ConnectionConfig & TokenConfig,
  io: Io,
  tap: (connection: { readonly address: string; readonly token: string | undefined }) => Promise<TapEnd>,
): Promise<TapEnd> {
  const connected = await connectToApi(config, io);
  if (!connected.ok) return unavailable(connected.problem);
  const connection = connected.value;
  try {
    const token = await connection.token(config);
    if (!token.ok) return { kind: 'failed', failure: { code: 'UNAUTHENTICATED', message: token.problem } };
    const end = await tap({ address: connection.address, token: token.value });
    const problem = connection.problem();
    const isBroken = end.kind === 'failed' && end.failure.code === 'UNAVAILABLE' && problem !== undefined;
    return isBroken ? unavailable(problem) : end;
  } finally {
    connection.close();
  }
}

function unavailable(message: string): TapEnd {
  return { kind: 'failed', failure: { code: 'UNAVAILABLE', message } };
}

function direct(address: string): ApiConnection {
  return {
    address,
    problem: () => undefined,
    token: (config) => givenToken(config),
    close: () => {},
  };
}

async function throughCluster(cluster: Cluster, namespace: string, io: Io): Promise<Told<ApiConnection>> {
  const client = new ApiClient({ cluster });
  const where = `namespace ${namespace} of ${cluster.description}`;
  try {
    const { count, ready } = await findControlPlane({ client, namespace, signal: io.signal });
    if (ready === undefined) {
      client.close();
      return {
        ok: false,
        problem:
          count === 0
            ? `no control plane found in ${where}; is it installed? --api-addr names one directly`
            : `none of the ${count} pods of the control plane in ${where} is ready`,
      };
    }
    // WebSockets are loaded only where one is needed.
    const [{ openPortForward }, { openPortTunnel }] = await Promise.all([
      import('../kube/port-forward.js'),
      import('../kube/port-tunnel.js'),
    ]);
    const { name: pod, port } = ready;
    const tunnel = await openPortTunnel(() => openPortForward({ cluster, namespace, pod, port }));
    return {
      ok: true,
      value: {
        address: tunnel.address,
        problem: () => {
          const reason = tunnel.problem();
          return reason === undefined
            ? undefined
            : `the port-forward to pod ${namespace}/${pod} broke: ${reason}`;
        },
        token: async (config) => {
          const given = await givenToken(config);
          return given.ok && given.value === undefined ? askedToken(client, namespace, io) : given;
        },
        close: () => {
          tunnel.close();
          client.close();
        },
      },
    };
  } catch (error) {
    client.close();
    if (!(error instanceof ApiError)) throw error;
    return { ok: false, problem: `no way to the control plane in ${where}: ${error.message}` };
  }
}

async function givenToken({ token, tokenFile }: TokenConfig): Promise<Told<string | undefined>> {
  if (token !== undefined || tokenFile === undefined) return { ok: true, value: token };
  try {
    return { ok: true, value: (await readFile(tokenFile, 'utf8')).trim() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `no token: ${reason}` };
  }
}

async function askedToken(client: ApiClient, namespace: string, io: Io): Promise<Told<string>> {
  const serviceAccount = tapServiceAccount;
  try {
    const value = await requestToken({
      client,
      namespace,
      serviceAccount,
      audience: tapAudience,
      signal: io.signal,
    });
    return { ok: true, value };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return {
      ok: false,
      problem: `no token of service account ${namespace}/${serviceAccount} for the audience ${tapAudience}: ${error.message}; --token or --token-file give one`,
    };
  }
}
