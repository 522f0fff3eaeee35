import { fileURLToPath } from 'node:url';
import type { ConfigOf, FlagTable } from './flag.js';
import {
  boolean,
  contextToken,
  dialAddress,
  dnsName,
  duration,
  forwardRule,
  integer,
  listenAddress,
  namespace,
  nonEmpty,
  oneOf,
  outboundTcpRule,
  portRanges,
  someOf,
} from './parsers.js';

// Kubernetes puts variables for every Service into every pod: a Service named conduit gives CONDUIT_PORT and
// CONDUIT_SERVICE_HOST, one named conduit-api gives CONDUIT_API_PORT. So no flag may be named `port`, `service-host`
// or end in those words; a test holds the tables to it.

/** What `--services` can name. */
const services = ['destination'] as const;

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
} as const satisfies FlagTable;

const logFlags = {
  'log-level': {
    kind: 'value',
    placeholder: 'LEVEL',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    /** Starts, stops and what changes the state of the whole: a few lines an hour in a healthy cluster. */
    default: 'info',
    help: 'The least severe messages to log: trace, debug, info, warn, error, fatal or silent.',
    group: 'Logs',
  },
  'log-format': {
    kind: 'value',
    placeholder: 'FORMAT',
    parse: oneOf('auto', 'json', 'pretty'),
    /** People read terminals, machines read the rest. */
    default: 'auto',
    help: 'json (one object a line), pretty, or auto: pretty on a terminal, otherwise json.',
    group: 'Logs',
  },
} as const satisfies FlagTable;

// The ports are part of the product: sidecars, Prometheus and manifests are configured with them. Port 0 takes any
// free one, for tests.
const proxyApiPort = 8086;
const apiPort = 8085;
const adminPort = 9990;

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
    parse: oneOf('slices', 'endpoints'),
    /** Every supported Kubernetes has them, and Endpoints are deprecated and cut off at 1,000 addresses. */
    default: 'slices',
    help: 'Where the backends of services come from: slices (EndpointSlices) or endpoints (Endpoints objects).',
    group: 'Kubernetes',
  },
  ...meshFlags,
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
  services: {
    kind: 'value',
    placeholder: 'LIST',
    parse: someOf(...services),
    /** All there are: one process is the whole control plane unless a cluster scales the parts apart. */
    default: services.join(','),
    help: `Which services to run, separated by commas, of: ${services.join(', ')}.`,
    group: 'Listeners',
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
    help: 'Kubernetes manifests to start with: a YAML file, or a folder of them. Can be repeated.',
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
    help: 'How long a pod takes from its start to being ready.',
    group: 'Cluster',
  },
  ...meshFlags,
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

/** How a command finds a running control plane. */
const clientFlags = {
  addr: {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: dialAddress,
    /** Where a sandbox listens, and `kubectl port-forward deploy/conduit 8086`. */
    default: `127.0.0.1:${proxyApiPort}`,
    help: 'The proxy-facing address of a running control plane.',
    group: 'Connection',
  },
  timeout: {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 1 } }),
    /** A control plane answers within 3 s, which is how long proxies wait; the rest is for slow links. */
    default: '5s',
    help: 'How long to wait for the first answer.',
    group: 'Connection',
    env: 'none',
  },
} as const satisfies FlagTable;

export const endpointsFlags = {
  watch: {
    kind: 'switch',
    short: 'w',
    help: 'Print the endpoints and then every change of them, until interrupted.',
    group: 'Output',
    env: 'none',
  },
  output: {
    kind: 'value',
    short: 'o',
    placeholder: 'FORMAT',
    parse: oneOf('table', 'json'),
    default: 'table',
    help: 'table, or json: a document for each authority; with --watch, an object a line.',
    group: 'Output',
    env: 'none',
  },
  'context-token': {
    kind: 'value',
    placeholder: 'JSON',
    parse: contextToken,
    default: { kind: 'unset', says: 'none: a client that nothing is known about' },
    help: 'Ask as this client: {"ns":"shop","nodeName":"node-1","pod":"web-1"}, each part optional.',
    group: 'Connection',
    env: 'none',
  },
  ...clientFlags,
} as const satisfies FlagTable;

export const proxyFlags = {
  'outbound-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: listenAddress,
    /** Loopback: what comes here is the application's own. The port is linkerd2-proxy's. */
    default: '127.0.0.1:4140',
    help: 'Where the application sends its HTTP requests, as to a proxy or with their Host. They go where the authority of each says.',
    group: 'Traffic',
  },
  'outbound-tcp': {
    kind: 'repeated',
    placeholder: 'LISTEN=AUTHORITY',
    parse: outboundTcpRule,
    default: { kind: 'value', value: [], says: 'none' },
    help: 'An address whose connections are bytes for one authority: 127.0.0.1:3306=db.shop.svc.cluster.local:3306. Can be repeated.',
    group: 'Traffic',
  },
  inbound: {
    kind: 'repeated',
    placeholder: 'LISTEN=FORWARD',
    parse: forwardRule,
    default: { kind: 'value', value: [], says: 'none' },
    help: "An address of the pod's, and where the application listens for what comes there: 10.0.0.7:8080=127.0.0.1:8080. HTTP/1, HTTP/2 and bytes are told apart. Can be repeated.",
    group: 'Traffic',
  },
  'inbound-opaque': {
    kind: 'repeated',
    placeholder: 'LISTEN=FORWARD',
    parse: forwardRule,
    default: { kind: 'value', value: [], says: 'none' },
    help: 'The same for ports whose connections are bytes, and are not looked into. Can be repeated.',
    group: 'Traffic',
  },
  'detect-timeout': {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 1 } }),
    /** linkerd2-proxy's. */
    default: '10s',
    help: 'How long a client may stay silent before its connection is taken for bytes, since its server may have to speak first.',
    group: 'Traffic',
  },
  'destination-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: dialAddress,
    /** Where a sandbox listens. */
    default: `127.0.0.1:${proxyApiPort}`,
    help: 'The proxy-facing address of the control plane, which says where services are.',
    group: 'Discovery',
  },
  'context-token': {
    kind: 'value',
    placeholder: 'JSON',
    parse: contextToken,
    default: { kind: 'unset', says: 'none: a proxy that nothing is known about' },
    help: 'What to say about this proxy: {"ns":"shop","nodeName":"node-1","pod":"web-1"}, each part optional.',
    group: 'Discovery',
  },
  'discovery-idle': {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 1_000 } }),
    /** Long enough for what is asked for every minute by a cron job or a scrape. */
    default: '5m',
    help: 'How long the endpoints of a name are followed after its last use.',
    group: 'Discovery',
  },
  'telemetry-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: dialAddress,
    /** One process serves both unless a cluster scales them apart. */
    default: { kind: 'flag', name: 'destination-addr' },
    help: 'The address of the control plane to report to. Only a proxy whose context token says its namespace and pod reports.',
    group: 'Telemetry',
  },
  'control-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: listenAddress,
    /** Every interface: the control plane connects to the pod. The port is linkerd2-proxy's. */
    default: ':4190',
    help: 'Where the control plane taps requests (gRPC). Whoever reaches it can see them.',
    group: 'Telemetry',
  },
  'admin-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: listenAddress,
    /** Every interface: kubelet and Prometheus connect from outside of the pod. The port is linkerd2-proxy's. */
    default: ':4191',
    help: 'Where /metrics, /live, /ready and /debug are served (HTTP).',
    group: 'Admin',
  },
  'shutdown-grace': {
    kind: 'value',
    placeholder: 'DURATION',
    parse: duration({ min: { ms: 0 } }),
    /** A Pod's default terminationGracePeriodSeconds. */
    default: '30s',
    help: 'How long requests in flight are waited for when the proxy is told to stop.',
    group: 'Admin',
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
export type EndpointsConfig = ConfigOf<typeof endpointsFlags>;
export type ProxyConfig = ConfigOf<typeof proxyFlags>;
export type VersionConfig = ConfigOf<typeof versionFlags>;
