import { at, numberAt, recordsAt, textAt } from '../sandbox/store/field.js';
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
  /** Whether pods of a spec have processes. */
  readonly runsPods: (podSpec: unknown) => boolean;
}

/** What a newcomer reads once a sandbox runs: where everything is, and commands that work as they are. */
export function sandboxWelcome({ addresses, store, clusterDomain, runsPods }: WelcomeOptions): string {
  const { kubeApi, proxyApi, api, admin } = addresses;
  const example = exampleOf(store, clusterDomain);
  const processes =
    example !== undefined && runsPods(example.podSpec) ? processSuggestions(addresses, example) : '';
  return `
The sandbox is running. Ctrl-C stops it; nothing is kept.

  Kubernetes API   http://${kubeApi}
  proxies          ${proxyApi} (gRPC)
  tooling          ${api} (gRPC)
  admin            http://${admin} (/ready, /metrics)
${example === undefined ? '' : suggestions(addresses, example, processes)}
`;
}

interface Example {
  readonly namespace: string;
  readonly deployment: string;
  readonly authority: string;
  readonly podSpec: unknown;
  /** `http://127.64.0.10:8080/` of one of the pods, where they speak HTTP/1.1. */
  readonly url: string | undefined;
}

function suggestions(
  { kubeApi, proxyApi }: SandboxAddresses,
  { namespace, deployment, authority }: Example,
  processes: string,
): string {
  return `
In another terminal, follow what a proxy is told of a service, and change it:

  npx conduit endpoints ${authority} --addr ${proxyApi} --watch
  kubectl --server http://${kubeApi} --namespace ${namespace} scale deployment ${deployment} --replicas 4
${processes}
The same stream, by a client that only knows gRPC:

  npx buf curl --http2-prior-knowledge --protocol grpc -d '{"path":"${authority}"}' \\
    http://${proxyApi}/io.linkerd.proxy.destination.Destination/Get
`;
}

function processSuggestions(
  { kubeApi, api }: SandboxAddresses,
  { namespace, deployment, url }: Example,
): string {
  return `
Its pods are processes on this machine. See what they do, and take them away:
${url === undefined ? '' : `\n  curl ${url}`}
  alias k='kubectl --server http://${kubeApi} --namespace ${namespace}'
  k get pods --output wide
  k logs deploy/${deployment} --follow
  k rollout restart deploy/${deployment}

What their sidecars see:

  npx conduit stat deploy --namespace ${namespace} --api-addr ${api}
  npx conduit tap deploy/${deployment} --namespace ${namespace} --api-addr ${api}
  npx conduit top deploy/${deployment} --namespace ${namespace} --api-addr ${api}
`;
}

/** A service that has a deployment of its own name; undefined where the manifests have none such. */
function exampleOf(store: Store, clusterDomain: string): Example | undefined {
  const deployments = resourceByKind('apps/v1', 'Deployment');
  const services = resourceByKind('v1', 'Service');
  if (deployments === undefined || services === undefined) return undefined;
  const named = store.list(deployments).toReversed();
  for (const { metadata, spec } of named) {
    const { namespace = 'default', name } = metadata;
    const port = firstPort(store.get(services, namespace, name));
    if (port === undefined) continue;
    return {
      namespace,
      deployment: name,
      authority: `${name}.${namespace}.svc.${clusterDomain}:${port}`,
      podSpec: at(spec, 'template', 'spec'),
      url: urlOf(store, namespace, name),
    };
  }
  return undefined;
}

function firstPort(service: KubeObject | undefined): number | undefined {
  return numberAt(service, 'spec', 'ports', 0, 'port');
}

function urlOf(store: Store, namespace: string, service: string): string | undefined {
  const slices = resourceByKind('discovery.k8s.io/v1', 'EndpointSlice');
  const slice =
    slices &&
    store
      .list(slices, namespace)
      .find(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service);
  const http = recordsAt(slice, 'ports').find(({ appProtocol }) => appProtocol === 'http');
  const address = textAt(slice, 'endpoints', 0, 'addresses', 0);
  return http === undefined || address === undefined
    ? undefined
    : `http://${address}:${String(http['port'])}/`;
}
