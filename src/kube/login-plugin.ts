import type { Agent, OutgoingHttpHeaders } from 'node:http';
import { isAbsolute, resolve } from 'node:path';
import type { Credentials, TlsOptions } from './credentials.js';
import type { KubeconfigCluster, Login } from './kubeconfig.js';

/**
 * What only client-node does: `exec` plugins, `auth-provider` (OIDC and older ones), proxies. Importing it takes half
 * a second and 70 MB, so it is imported when the first credentials are needed, and nobody else imports it.
 *
 * Its type declarations don't compile without those of its own dependencies, hence the few lines of it below.
 */
interface ClientNode {
  readonly KubeConfig: new () => KubeConfig;
}

interface KubeConfig {
  loadFromOptions(options: object): void;
  applyToHTTPSOptions(options: HttpsOptions): Promise<void>;
}

interface HttpsOptions {
  headers?: OutgoingHttpHeaders;
  cert?: string | Buffer;
  key?: string | Buffer;
  agent?: Agent;
}

export class LoginPlugin {
  readonly #cluster: KubeconfigCluster;
  readonly #login: Login;
  readonly #dir: string;
  #kubeConfig: KubeConfig | undefined;

  /** `dir`: the kubeconfig's, which a plugin's relative path starts from. */
  constructor(options: { readonly cluster: KubeconfigCluster; readonly login: Login; readonly dir: string }) {
    this.#cluster = options.cluster;
    this.#login = options.login;
    this.#dir = options.dir;
  }

  /** Adds to `own` what the plugin provides. It keeps a token until that expires, and runs again then. */
  async extend(own: Credentials): Promise<Credentials> {
    this.#kubeConfig ??= await this.#load();
    const options: HttpsOptions = { headers: {} };
    await this.#kubeConfig.applyToHTTPSOptions(options);
    const authorization = options.headers?.['Authorization'];
    const tls: TlsOptions = {
      ...own.tls,
      ...(options.cert !== undefined && { cert: options.cert }),
      ...(options.key !== undefined && { key: options.key }),
    };
    return {
      headers: { ...own.headers, ...(typeof authorization === 'string' && { authorization }) },
      tls,
      agent: this.#cluster.proxyUrl === undefined ? undefined : options.agent,
    };
  }

  async #load(): Promise<KubeConfig> {
    // A specifier that isn't a literal keeps the compiler from reading the package's declarations.
    const specifier: string = '@kubernetes/client-node';
    const { KubeConfig }: ClientNode = await import(specifier);
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [
        {
          name: entry,
          server: this.#cluster.server.href.replace(/\/$/, ''),
          // It refuses http: servers unless told not to verify what isn't there.
          skipTLSVerify: this.#cluster.skipTlsVerify || this.#cluster.server.protocol === 'http:',
          tlsServerName: this.#cluster.tlsServerName,
          proxyUrl: this.#cluster.proxyUrl,
        },
      ],
      users: [{ name: entry, ...this.#user() }],
      contexts: [{ name: entry, cluster: entry, user: entry }],
      currentContext: entry,
    });
    return config;
  }

  #user(): object {
    if (this.#login.kind !== 'plugin') return {};
    const { block, config } = this.#login;
    return block === 'auth-provider' ? { authProvider: config } : { exec: this.#exec(config) };
  }

  /** Plugins built on client-go fail without `KUBERNETES_EXEC_INFO`, which client-node doesn't set. */
  #exec(config: unknown): object {
    const { apiVersion, command, env, ...rest } = config as {
      readonly apiVersion?: string;
      readonly command?: string;
      readonly env?: readonly { readonly name: string; readonly value: string }[];
    };
    const info = {
      apiVersion: apiVersion ?? 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false },
    };
    return {
      ...rest,
      apiVersion,
      command: command?.includes('/') && !isAbsolute(command) ? resolve(this.#dir, command) : command,
      env: [...(env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }],
    };
  }
}

const entry = 'conduit';
