import { parseLabelQuery } from '../core/label-query.js';
import { resourceKindOf } from '../core/resource.js';
import type { FlagTable, Parsed } from './flag.js';
import { dialAddress, namespace, nonEmpty } from './parsers.js';
import { apiPort } from './ports.js';

/** A resource, or all of a kind: `deploy/web`, `deploy`. */
export interface ResourceArgument {
  readonly kind: NonNullable<ReturnType<typeof resourceKindOf>>;
  /** Undefined: all. */
  readonly name: string | undefined;
}

/** `deploy/web`, or `deploy` for all. */
export function resource(text: string): Parsed<ResourceArgument> {
  const [type = '', name, ...more] = text.split('/');
  const kind = resourceKindOf(type);
  return kind === undefined || name === '' || more.length > 0
    ? { ok: false, expected: 'TYPE or TYPE/NAME, such as deploy or deploy/web' }
    : { ok: true, value: { kind, name } };
}

/** Which resources, of commands that tell of their traffic. */
export const resourceFlags = {
  namespace: {
    kind: 'value',
    short: 'n',
    placeholder: 'NAMESPACE',
    parse: namespace,
    default: { kind: 'unset', says: 'default' },
    help: 'The namespace of the resources.',
    group: 'Resources',
    env: 'none',
  },
  'all-namespaces': {
    kind: 'switch',
    short: 'A',
    help: 'Resources of all namespaces.',
    group: 'Resources',
    env: 'none',
  },
  selector: {
    kind: 'value',
    short: 'l',
    placeholder: 'LABELS',
    parse: labelQuery,
    default: { kind: 'unset', says: 'any' },
    help: 'Only pods with these labels, in the words of kubectl: app=web,tier in (a,b),!canary.',
    group: 'Resources',
    env: 'none',
  },
  to: {
    kind: 'value',
    placeholder: 'RESOURCE',
    parse: resource,
    default: { kind: 'unset', says: 'anywhere' },
    help: 'Only what they ask of these: TYPE/NAME, or TYPE for all.',
    group: 'Resources',
    env: 'none',
  },
  'to-namespace': {
    kind: 'value',
    placeholder: 'NAMESPACE',
    parse: namespace,
    default: { kind: 'unset', says: 'that of --namespace' },
    help: 'The namespace of --to.',
    group: 'Resources',
    env: 'none',
  },
  from: {
    kind: 'value',
    placeholder: 'RESOURCE',
    parse: resource,
    default: { kind: 'unset', says: 'anybody' },
    help: 'Only what these ask of them: TYPE/NAME, or TYPE for all.',
    group: 'Resources',
    env: 'none',
  },
  'from-namespace': {
    kind: 'value',
    placeholder: 'NAMESPACE',
    parse: namespace,
    default: { kind: 'unset', says: 'that of --namespace' },
    help: 'The namespace of --from.',
    group: 'Resources',
    env: 'none',
  },
} as const satisfies FlagTable;

/** How commands reach the tooling-facing side of a control plane. */
export const apiFlags = {
  'api-addr': {
    kind: 'value',
    placeholder: 'HOST:PORT',
    parse: dialAddress,
    default: {
      kind: 'unset',
      says: `a port-forward to the control plane of the kubeconfig's cluster; without a kubeconfig 127.0.0.1:${apiPort}, where a sandbox listens`,
    },
    help: 'The tooling-facing address of a running control plane.',
    group: 'Connection',
    // CONDUIT_API_ADDR is where a control plane listens, which need not name a host.
    env: 'none',
  },
  kubeconfig: {
    kind: 'value',
    placeholder: 'FILE',
    parse: nonEmpty('a path'),
    /** As kubectl does. */
    default: { kind: 'unset', says: '$KUBECONFIG or ~/.kube/config' },
    help: 'The kubeconfig that leads to the cluster.',
    group: 'Connection',
    env: 'none',
  },
  context: {
    kind: 'value',
    placeholder: 'NAME',
    parse: nonEmpty('the name of a context'),
    default: { kind: 'unset', says: 'the current one' },
    help: 'The context of the kubeconfig to use.',
    group: 'Connection',
    env: 'none',
  },
  'controller-namespace': {
    kind: 'value',
    placeholder: 'NAMESPACE',
    parse: namespace,
    /** The namespace that the project's own manifests install into. */
    default: 'conduit',
    help: 'The namespace of the control plane in the cluster.',
    group: 'Connection',
    env: 'none',
  },
} as const satisfies FlagTable;

function labelQuery(text: string): Parsed<string> {
  const parsed = parseLabelQuery(text);
  return parsed.ok
    ? { ok: true, value: text }
    : {
        ok: false,
        expected: 'label requirements: key, !key, key=value, key!=value, key in (a,b), key notin (a,b)',
      };
}
