import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from './clock.js';
import type { Cluster, ClusterProblem, ClusterResult } from './cluster.js';
import { type Credentials, RenewedCredentials, type TlsOptions } from './credentials.js';
import { type KubeconfigContext, type Login, type PemSource, readKubeconfig } from './kubeconfig.js';
import { LoginPlugin } from './login-plugin.js';
import { unreadableFile } from './unreadable-file.js';

/**
 * The cluster that a kubeconfig's context names. Certificates, tokens and passwords are read here; login plugins and
 * proxies are left to client-node, which is loaded only then.
 */
export function clusterOfKubeconfig(options: {
  readonly files: readonly string[];
  readonly context: string | undefined;
  readonly clock: Clock;
}): ClusterResult {
  const result = readKubeconfig(options.files, options.context);
  if (!result.ok) return result;
  const { context } = result;
  const problem = missingFile(context);
  if (problem !== undefined) return { ok: false, problem };

  let login = new ContextLogin(context);
  const cluster: Cluster = {
    server: context.cluster.server,
    description: `context ${context.name} of ${context.file}`,
    credentials: new RenewedCredentials({
      clock: options.clock,
      async read(why) {
        if (why === 'rejected') {
          // Logging in again (`aws eks update-kubeconfig` and the like) rewrites the file.
          const again = readKubeconfig(options.files, context.name);
          login = new ContextLogin(again.ok ? again.context : context);
        }
        return login.credentials();
      },
    }),
  };
  return { ok: true, cluster };
}

class ContextLogin {
  readonly #context: KubeconfigContext;
  readonly #plugin: LoginPlugin | undefined;

  constructor(context: KubeconfigContext) {
    this.#context = context;
    const { cluster, user, file } = context;
    const needsPlugin = user.login.kind === 'plugin' || cluster.proxyUrl !== undefined;
    this.#plugin = needsPlugin
      ? new LoginPlugin({ cluster, login: user.login, dir: dirname(file) })
      : undefined;
  }

  async credentials(): Promise<Credentials> {
    const { cluster, user } = this.#context;
    const tls: TlsOptions = {
      ...(cluster.ca && { ca: await readPem(cluster.ca) }),
      ...(user.cert && { cert: await readPem(user.cert) }),
      ...(user.key && { key: await readPem(user.key) }),
      ...(cluster.skipTlsVerify && { rejectUnauthorized: false }),
      ...(cluster.tlsServerName !== undefined && { servername: cluster.tlsServerName }),
    };
    const own: Credentials = {
      headers: {
        ...(await authorization(user.login)),
        ...(user.impersonate && { 'impersonate-user': user.impersonate.user }),
        ...(user.impersonate?.groups.length && { 'impersonate-group': user.impersonate.groups }),
      },
      tls,
      agent: undefined,
    };
    return this.#plugin === undefined ? own : this.#plugin.extend(own);
  }
}

async function authorization(login: Login): Promise<{ readonly authorization?: string }> {
  switch (login.kind) {
    case 'token':
      return { authorization: `Bearer ${login.token}` };
    case 'token-file':
      return { authorization: `Bearer ${(await readFile(login.file, 'utf8')).trim()}` };
    case 'basic':
      return {
        authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
      };
    case 'none':
    case 'plugin':
      return {};
  }
}

async function readPem(source: PemSource): Promise<Buffer> {
  return source.kind === 'data' ? Buffer.from(source.base64, 'base64') : readFile(source.file);
}

/** The first file that the context needs and that can't be read. */
function missingFile({ cluster, user }: KubeconfigContext): ClusterProblem | undefined {
  const needed = [
    [fileOf(cluster.ca), 'the certificate authority of the cluster'],
    [fileOf(user.cert), 'the client certificate of the user'],
    [fileOf(user.key), 'the client key of the user'],
    [user.login.kind === 'token-file' ? user.login.file : undefined, 'the token of the user'],
  ] as const;
  for (const [file, expected] of needed) {
    const problem = file === undefined ? undefined : unreadableFile(file, expected);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function fileOf(source: PemSource | undefined): string | undefined {
  return source?.kind === 'file' ? source.file : undefined;
}
