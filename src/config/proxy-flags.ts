import type { ConfigOf, FlagTable } from './flag.js';
import { logFlags } from './log-flags.js';
import {
  contextToken,
  dialAddress,
  duration,
  forwardRule,
  ipAddress,
  listenAddress,
  orOff,
  outboundTcpRule,
} from './parsers.js';
import { proxyApiPort, sidecarTapPort } from './ports.js';

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
  'source-ip': {
    kind: 'value',
    placeholder: 'IP',
    parse: ipAddress,
    default: { kind: 'unset', says: 'whichever the system chooses' },
    help: 'The address that endpoints are connected to from, by which others tell whose request it is, where the system would choose another one.',
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
    parse: orOff(dialAddress),
    /** One process serves both unless a cluster scales them apart. */
    default: { kind: 'flag', name: 'destination-addr' },
    help: 'The address of the control plane to report to, or off. Only a proxy whose context token says its namespace and pod reports.',
    group: 'Telemetry',
  },
  'control-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: orOff(listenAddress),
    /** Loopback, since anybody is served who connects: the pod's address is to be chosen knowingly. The port is linkerd2-proxy's. */
    default: `127.0.0.1:${sidecarTapPort}`,
    help: "Where the control plane taps requests (gRPC), or off. Whoever reaches it can see requests with all of their headers: the pod's address is for networks where only the control plane does.",
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

export type ProxyConfig = ConfigOf<typeof proxyFlags>;
