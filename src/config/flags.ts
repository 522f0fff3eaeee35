import { fileURLToPath } from 'node:url';
import type { ConfigOf, FlagTable } from './flag.js';
import { http2ClientParams } from './http2-client-params.js';
import { logFlags } from './log-flags.js';
import {
  boolean,
  dialAddress,
  dnsName,
  duration,
  headerNames,
  httpUrl,
  integer,
  listenAddress,
  namespace,
  nonEmpty,
  oneOf,
  portRanges,
  someOf,
} from './parsers.js';
import { adminPort, apiPort, proxyApiPort } from './ports.js';

// Kubernetes puts variables for every Service into every pod: a Service named conduit gives CONDUIT_PORT and
// CONDUIT_SERVICE_HOST, one named conduit-api gives CONDUIT_API_PORT. So no flag may be named `port`, `service-host`
// or end in those words; a test holds the tables to it.

/** What `--services` can name. */
const services = ['destination', 'telemetry', 'tap'] as const;

const meshFlags = {
  'cluster-domain': {
    kind: 'value',
    placeholder: 'DOMAIN',
    parse: dnsName,
    /** kubelet's and kubeadm's own default; few clusters differ. */
    default: 'cluster.local',
    help: "The DNS domain of the cluster's services: names are SERVICE.NAMESPACE.svc.DOMAIN.",
    group: 'Mesh',
  },
  'controller-namespace': {
    kind: 'value',
    placeholder: 'NAMESPACE',
    parse: namespace,
    /** The namespace that the project's own manifests install into. */
    default: 'conduit',
    help: 'The namespace of this control plane. Pods whose sidecar belongs to another one get no TLS identity from this one.',
    group: 'Mesh',
  },
  'trust-domain': {
    kind: 'value',
    placeholder: 'DOMAIN',
    parse: dnsName,
    /** A mesh that spans one cluster has no reason to name its identities otherwise. */
    default: { kind: 'flag', name: 'cluster-domain' },
    help: "The domain that the TLS identities of the mesh's workloads end in.",
    group: 'Mesh',
  },
  'mesh-domain': {
    kind: 'value',
    placeholder: 'DOMAIN',
    parse: dnsName,
    /** Our own; `linkerd.io` serves workloads that Linkerd injected. */
    default: 'conduit.io',
    help: "The domain of the mesh's labels and annotations, such as config.DOMAIN/opaque-ports. With linkerd.io, workloads injected by Linkerd are served.",
    group: 'Mesh',
  },
  'enable-h2-upgrade': {
    kind: 'value',
    placeholder: 'BOOL',
    parse: boolean,
    /** One connection between two proxies instead of one for each request in flight. */
    default: 'true',
    help: 'Whether proxies may carry HTTP/1 over HTTP/2 between each other: true or false.',
    group: 'Mesh',
  },
  'default-opaque-ports': {
    kind: 'value',
    placeholder: 'PORTS',
    parse: portRanges,
    /** Linkerd's list: SMTP, MySQL, Galera, PostgreSQL, Redis, Elasticsearch, Memcached. Their servers speak first, or no HTTP. */
    default: '25,587,3306,4444,5432,6379,9300,11211',
    help: "Ports whose traffic is taken for bytes, separated by commas: ports and ranges. A pod's annotation config.MESH-DOMAIN/opaque-ports replaces it for that pod.",
    group: 'Mesh',
  },
  'enable-self-override': {
    kind: 'value',
    placeholder: 'BOOL',
    parse: boolean,
    /**
     * linkerd2-proxy takes the name of a service for something to balance over only where the profile has a route or an
     * override, or where an outbound policy service says so. Without either it forwards to the cluster IP, connection by
     * connection.
     */
    default: 'true',
    help: 'Whether the profile of a service names the service itself as where to balance, which sidecars without a policy service need: true or false.',
    group: 'Mesh',
  },
  'meshed-http2-client-params': {
    kind: 'value',
    placeholder: 'JSON',
    parse: http2ClientParams,
    /** The proxy's own defaults are good ones; this is for networks that drop idle connections, and for tuning. */
    default: { kind: 'unset', says: "the proxies' own" },
    help: 'Settings for the HTTP/2 connections between proxies, such as {"flow_control":{"adaptive_flow_control":true}}: the fields of Http2ClientParams in destination.proto.',
    group: 'Mesh',
  },
} as const satisfies FlagTable;

const telemetryFlags = {
  'prometheus-url': {
    kind: 'value',
    placeholder: 'URL',
    parse: httpUrl,
    /** One process that all proxies report to needs nothing else. */
    default: { kind: 'unset', says: "the control plane's own memory" },
    help: 'The Prometheus, or what has its API, that numbers of traffic come from, which has to scrape every replica of the control plane. http or https; user:password@ and a path are taken from it.',
    group: 'Telemetry',
  },
} as const satisfies FlagTable;

export const controllerFlags = {
  kubeconfig: {
    kind: 'value',
    placeholder: 'FILE',
    parse: nonEmpty('a path'),
    /** As kubectl does; in a pod that ends at the service account's token. */
    default: { kind: 'unset', says: "$KUBECONFIG, ~/.kube/config, or the pod's service account" },
    help: 'How to reach the Kubernetes API server.',
    group: 'Kubernetes',
  },
  context: {
    kind: 'value',
    placeholder: 'NAME',
    parse: nonEmpty('the name of a context'),
    default: { kind: 'unset', says: 'the current one' },
    help: 'The context of the kubeconfig to use.',
    group: 'Kubernetes',
  },
  'endpoints-source': {
    kind: 'value',
    placeholder: 'SOURCE',
    parse: oneOf('auto', 'slices', 'endpoints'),
    /** Every supported Kubernetes has slices; Endpoints are deprecated and cut off at 1,000 addresses. */
    default: 'auto',
    help: 'Where the backends of services come from: slices (EndpointSlices), endpoints (Endpoints objects), or auto: slices where the API server has them.',
    group: 'Kubernetes',
  },
  ...meshFlags,
  services: {
    kind: 'value',
    placeholder: 'LIST',
    parse: someOf(...services),
    /** All there are: one process is the whole control plane unless a cluster scales the parts apart. */
    default: services.join(','),
    help: `Which services to run, separated by commas, of: ${services.join(', ')}.`,
    group: 'Listeners',
  },
  ...telemetryFlags,
  'tap-redacted-headers': {
    kind: 'value',
    placeholder: 'LIST',
    parse: headerNames,
    default: '',
    help: 'Headers, separated by commas, whose values no tap is told, besides authorization, cookie, set-cookie, proxy-authorization and x-api-key.',
    group: 'Tap',
  },
  'proxy-api-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: listenAddress,
    /** Every interface: the clients are in other pods. */
    default: `:${proxyApiPort}`,
    help: 'Where sidecar proxies connect (gRPC). Without HOST: on every interface.',
    group: 'Listeners',
  },
  'api-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: listenAddress,
    /** Every interface: it is reached through a Service or a port-forward. */
    default: `:${apiPort}`,
    help: 'Where the conduit command and other tooling connect (gRPC).',
    group: 'Listeners',
  },
  'admin-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: listenAddress,
    /** Every interface: kubelet and Prometheus connect from outside of the pod. */
    default: `:${adminPort}`,
    help: 'Where /metrics, /live, /ready and /debug are served (HTTP).',
    group: 'Listeners',
  },
  ...logFlags,
} as const satisfies FlagTable;

export const sandboxFlags = {
  manifests: {
    kind: 'repeated',
    placeholder: 'FILE|DIR',
    parse: nonEmpty('a path'),
    default: {
      kind: 'value',
      // Two folders up is the package, from src/config as from dist/config.
      value: [fileURLToPath(new URL('../../examples/corner-shop', import.meta.url))],
      says: 'the example application, examples/corner-shop',
    },
    help: "Kubernetes manifests to start with: a YAML file, or a folder of them. Can be repeated. The definitions of the mesh's own resources are there in any case.",
    group: 'Cluster',
  },
  nodes: {
    kind: 'value',
    placeholder: 'N',
    /** Beyond this many, a sandbox shows nothing that fewer wouldn't. */
    parse: integer({ min: 1, max: 100 }),
    /** The smallest number that has a majority, and a node left when one is drained and one is full. */
    default: '3',
    help: 'How many nodes the cluster has.',
    group: 'Cluster',
  },
  'pod-ready-delay': {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 0 } }),
    /** Long enough to see a pod come up, short enough not to wait for it. */
    default: '500ms',
    help: 'How long a pod that runs no program takes from its start to being ready.',
    group: 'Cluster',
  },
  'run-programs': {
    kind: 'value',
    placeholder: 'BOOL',
    parse: boolean,
    /** A mesh without traffic shows little. */
    default: 'true',
    help: "Whether pods whose images name one of the example's programs run it. With false, all pods are addresses only.",
    group: 'Cluster',
  },
  'destination-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: dialAddress,
    default: { kind: 'unset', says: "the sandbox's own" },
    help: 'The proxy-facing address of the control plane that sidecars ask. Another one, a `conduit controller` on this Kubernetes API, can be stopped and started apart.',
    group: 'Cluster',
  },
  'authorize-tap': {
    kind: 'value',
    placeholder: 'BOOL',
    parse: boolean,
    /** Whoever reaches a sandbox on loopback can do everything to it anyway. */
    default: {
      kind: 'unset',
      says: 'false where --api-addr is on loopback, where alone it can be; else true',
    },
    help: 'Whether tap asks for a token and for permission, as it does in a cluster. The Roles and bindings stored in the sandbox decide then.',
    group: 'Cluster',
  },
  ...meshFlags,
  ...telemetryFlags,
  'kube-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: listenAddress,
    /**
     * Next to the ports of the control plane. The ports people know for an API server are likely to be in use: 8001 by
     * kubectl proxy, 6443 by a local cluster, 8080 by anything.
     */
    default: '127.0.0.1:8087',
    help: 'Where the Kubernetes API is served (HTTP): kubectl --server http://HOST:PORT.',
    group: 'Listeners',
  },
  // A sandbox has no authentication, so each of its defaults is on loopback.
  'proxy-api-addr': { ...controllerFlags['proxy-api-addr'], default: `127.0.0.1:${proxyApiPort}` },
  'api-addr': { ...controllerFlags['api-addr'], default: `127.0.0.1:${apiPort}` },
  'admin-addr': { ...controllerFlags['admin-addr'], default: `127.0.0.1:${adminPort}` },
  'ready-file': {
    kind: 'value',
    placeholder: 'FILE',
    parse: nonEmpty('a path'),
    default: { kind: 'unset', says: 'none is written' },
    help: 'A file to write, as JSON, once everything is up: the addresses that are listened on.',
    group: 'Listeners',
  },
  ...logFlags,
} as const satisfies FlagTable;

export const versionFlags = {
  output: {
    kind: 'value',
    short: 'o',
    placeholder: 'FORMAT',
    parse: oneOf('text', 'json'),
    default: 'text',
    help: 'text or json.',
    group: 'Output',
    env: 'none',
  },
} as const satisfies FlagTable;

export type ControllerConfig = ConfigOf<typeof controllerFlags>;
export type SandboxConfig = ConfigOf<typeof sandboxFlags>;
export type VersionConfig = ConfigOf<typeof versionFlags>;
