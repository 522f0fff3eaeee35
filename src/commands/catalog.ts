import { endpointsFlags, profileFlags } from '../config/ask-flags.js';
import { controllerFlags, sandboxFlags, versionFlags } from '../config/flags.js';
import { proxyFlags } from '../config/proxy-flags.js';
import { statFlags } from '../config/stat-flags.js';
import { tapFlags, topFlags } from '../config/tap-flags.js';
import { type Command, command } from './command.js';

/** Every command of the program, in the order of help. A new one is an entry here and a file that exports `run`. */
export const catalog: readonly Command[] = [
  command({
    name: 'controller',
    summary: 'Run the control plane.',
    details: [
      'Watches the Kubernetes API server and tells sidecar proxies where to send traffic, until it is told to stop (SIGTERM, SIGINT).',
    ],
    operands: 'none',
    flags: controllerFlags,
    load: () => import('./controller.js'),
  }),
  command({
    name: 'sandbox',
    summary: 'Run a whole mesh on this machine, without a cluster.',
    details: [
      'Serves a Kubernetes API from memory, runs the controllers that make pods of deployments and endpoints of services, and a control plane on top of it. kubectl works on it. Nothing is kept when it stops (Ctrl-C).',
    ],
    operands: 'none',
    flags: sandboxFlags,
    load: () => import('./sandbox.js'),
  }),
  command({
    name: 'proxy',
    summary: 'Run the reference sidecar proxy.',
    details: [
      "Stands beside one application: takes its requests and sends them where the control plane says, balanced over the endpoints, and passes on what others ask of it. It proves the control plane's contracts and serves the sandbox; in production the sidecar is linkerd2-proxy.",
      'HTTP/1, HTTP/2 and bytes are told apart by what a client sends first. When it is told to stop (SIGTERM, SIGINT), requests in flight are finished first.',
    ],
    operands: 'none',
    flags: proxyFlags,
    load: () => import('./proxy.js'),
  }),
  command({
    name: 'stat',
    summary: 'Show the traffic of resources: success rate, requests a second, latencies.',
    details: [
      'Asks a running control plane what the sidecars have reported. For workloads, pods and namespaces: what they were asked. For services and authorities: what clients asked of them. With --to and --from: what passed between two.',
      'Where there is nothing to tell, - stands. Latencies are from the first byte of a request to the last of its response.',
    ],
    operands: {
      placeholder: 'RESOURCE',
      help: 'As kubectl takes them: deploy, deploy/web, deploy web, deploy,sts, several of TYPE/NAME, or all. Types: ns, deploy, sts, ds, rs, rc, job, cj, po, svc, authority.',
    },
    flags: statFlags,
    load: () => import('./stat.js'),
  }),
  command({
    name: 'tap',
    summary: 'Watch requests while they happen.',
    details: [
      "Shows what a resource's pods ask and are asked, as their sidecars see it, until interrupted: a line when a request begins (req), when its response begins (rsp) and when it ends (end), with the same id. Pods that come are watched too.",
      'With --to, only what the resource asks of another; with --from, only what another asks of it. What is shown of all that was seen is told at the end.',
    ],
    operands: {
      placeholder: 'RESOURCE',
      help: 'As kubectl takes it: deploy/web, deploy web, or deploy for all. Types: ns, deploy, sts, ds, rs, rc, job, cj, po, svc.',
    },
    flags: tapFlags,
    load: () => import('./tap.js'),
  }),
  command({
    name: 'top',
    summary: 'Show which requests are most, slowest or failing, while they happen.',
    details: [
      "Sums up what a resource's pods ask and are asked, as conduit tap shows it: a row for each source, destination, method and path, ids in paths left out. Latencies are from a request to the beginning of its response.",
      'On a terminal the table is drawn anew until q or Ctrl-C; with --once one table is printed, for scripts.',
    ],
    operands: {
      placeholder: 'RESOURCE',
      help: 'As kubectl takes it: deploy/web, deploy web, or deploy for all. Types: ns, deploy, sts, ds, rs, rc, job, cj, po, svc.',
    },
    flags: topFlags,
    load: () => import('./top.js'),
  }),
  command({
    name: 'endpoints',
    summary: 'Show the endpoints that a proxy is told for a service.',
    details: [
      'Asks a running control plane what a proxy would be told, over the same call. From outside of the cluster, forward its port first: kubectl --namespace conduit port-forward deploy/conduit 8086.',
      'With --watch, lines that start with +, - and ~ tell of endpoints that came, went and changed; a lost connection is made again and told of on stderr. An unreachable control plane ends the command only before its first answer.',
      'With --explain, asks the tooling-facing port (8085) why: every address that an EndpointSlice declares for the service, whether this client is told of it, and if not, because of what.',
    ],
    operands: {
      placeholder: 'AUTHORITY',
      help: 'SERVICE.NAMESPACE.svc.DOMAIN[:PORT] or INSTANCE.SERVICE.NAMESPACE.svc.DOMAIN[:PORT]; port 80 where none is given.',
    },
    flags: endpointsFlags,
    load: () => import('./endpoints.js'),
  }),
  command({
    name: 'profile',
    summary: 'Show how a proxy is told to treat the traffic for a destination.',
    details: [
      'Asks a running control plane what a proxy would be told, over the same call: routes, retries, traffic splits and whether connections are opaque, for a service; the endpoint, for any other address.',
      'With --watch, each profile replaces the one before it; a lost connection is made again and told of on stderr. An unreachable control plane ends the command only before its first answer.',
      'With --explain, asks the tooling-facing port (8085) why: what the authority stands for, which ServiceProfile applies, what of it was left out, and what makes connections opaque.',
    ],
    operands: {
      placeholder: 'AUTHORITY',
      help: 'SERVICE.NAMESPACE.svc.DOMAIN[:PORT], INSTANCE.SERVICE.NAMESPACE.svc.DOMAIN[:PORT] or IP[:PORT]; port 80 where none is given.',
    },
    flags: profileFlags,
    load: () => import('./profile.js'),
  }),
  command({
    name: 'version',
    summary: 'Show the version of this program.',
    details: [],
    operands: 'none',
    flags: versionFlags,
    load: () => import('./version.js'),
  }),
];
