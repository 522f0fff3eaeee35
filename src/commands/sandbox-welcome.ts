import type { KubeObject } from '../sandbox/store/object.js';
import { resourceByKind } from '../sandbox/store/resource.js';
import type { Store } from '../sandbox/store/store.js';

/** Where a sandbox listens, each as `host:port`; the content of its ready file. */
export interface SandboxAddresses {
  readonly kubeApi: string;
  readonly proxyApi: string;
  readonly api: string;
  readonly admin: string;
}

export interface WelcomeOptions {
  readonly addresses: SandboxAddresses;
  readonly store: Store;
  readonly clusterDomain: string;
  /** Whether there are pods with processes. */
  readonly runsPrograms: boolean;
}

/** What a newcomer reads once a sandbox runs: where everything is, and commands that work as they are. */
export function sandboxWelcome({ addresses, store, clusterDomain, runsPrograms }: WelcomeOptions): string {
  const { kubeApi, proxyApi, api, admin } = addresses;
  const example = exampleOf(store, clusterDomain);
  return `
The sandbox is running. Ctrl-C stops it; nothing is kept.

  Kubernetes API   http://${kubeApi}
  proxies          ${proxyApi} (gRPC)
  tooling          ${api} (gRPC)
  admin            http://${admin} (/ready, /metrics)
${example === undefined ? '' : suggestions(addresses, example, runsPrograms)}
`;
}

interface Example {
  readonly namespace: string;
  readonly deployment: string;
  readonly authority: string;
}

function suggestions(
  { kubeApi, proxyApi }: SandboxAddresses,
  { namespace, deployment, authority }: Example,
  runsPrograms: boolean,
): string {
  return `
In another terminal, follow what a proxy is told of a service, and change it:

  npx conduit endpoints ${authority} --addr ${proxyApi} --watch
  kubectl --server http://${kubeApi} --namespace ${namespace} scale deployment ${deployment} --replicas 4
${runsPrograms ? processSuggestions(kubeApi, namespace, deployment) : ''}
The same stream, by a client that only knows gRPC:

  npx buf curl --http2-prior-knowledge --protocol grpc -d '{"path":"${authority}"}' \\
    http://${proxyApi}/io.linkerd.proxy.destination.Destination/Get
`;
}

function processSuggestions(kubeApi: string, namespace: string, deployment: string): string {
  return `
Its pods are processes on this machine. Read what they print, and take one away:

  alias k='kubectl --server http://${kubeApi} --namespace ${namespace}'
  k get pods --output wide
  k logs deploy/${deployment} --follow
  k delete pod --selector app=${deployment}
`;
}

/** A service that has a deployment of its own name; undefined where the manifests have none such. */
function exampleOf(store: Store, clusterDomain: string): Example | undefined {
  const deployments = resourceByKind('apps/v1', 'Deployment');
  const services = resourceByKind('v1', 'Service');
  if (deployments === undefined || services === undefined) return undefined;
  const named = store.list(deployments).toReversed();
  for (const { metadata } of named) {
    const { namespace = 'default', name } = metadata;
    const port = firstPort(store.get(services, namespace, name));
    if (port !== undefined) {
      return { namespace, deployment: name, authority: `${name}.${namespace}.svc.${clusterDomain}:${port}` };
    }
  }
  return undefined;
}

function firstPort(service: KubeObject | undefined): number | undefined {
  const { ports } = (service?.['spec'] ?? {}) as { ports?: readonly { port?: unknown }[] };
  const port = ports?.[0]?.port;
  return typeof port === 'number' ? port : undefined;
}
