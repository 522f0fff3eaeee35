import { fieldsAt, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';

export type Environment = Readonly<Record<string, string>>;

export type EnvironmentResult =
  | { readonly ok: true; readonly value: Environment }
  | { readonly ok: false; readonly problem: string };

/** What of a pod is known before its status says so. */
export interface PodAddresses {
  readonly ip: string;
  readonly hostIp: string;
}

/**
 * The variables that a container asks for in `env`, after those that are `given`: plain values and `fieldRef`s, with
 * `$(NAME)` standing for a variable named before and `$$` for a dollar. A later variable of the same name wins.
 * Source: Kubernetes API reference, core/v1 EnvVar.
 */
export function containerEnvironment(options: {
  readonly pod: KubeObject;
  /** One of the pod's `spec.containers`. */
  readonly container: unknown;
  readonly addresses: PodAddresses;
  readonly given: Environment;
}): EnvironmentResult {
  const { pod, container, addresses, given } = options;
  const variables = new Map(Object.entries(given));
  if (recordsAt(container, 'envFrom').length > 0) {
    return { ok: false, problem: 'envFrom: the sandbox reads no ConfigMaps and Secrets for programs' };
  }
  for (const variable of recordsAt(container, 'env')) {
    const name = textAt(variable, 'name') ?? '';
    const source = fieldsAt(variable, 'valueFrom');
    const value =
      source === undefined
        ? expanded(textAt(variable, 'value') ?? '', variables)
        : fieldValue(pod, addresses, textAt(source, 'fieldRef', 'fieldPath') ?? '');
    if (value === undefined) {
      const wanted = textAt(source, 'fieldRef', 'fieldPath') ?? Object.keys(source ?? {}).join();
      return { ok: false, problem: `env ${name}: the sandbox gives programs no ${wanted}` };
    }
    variables.set(name, value);
  }
  return { ok: true, value: Object.fromEntries(variables) };
}

/** The arguments of a container, with `$(NAME)` as in its environment. */
export function containerArguments(container: unknown, environment: Environment): readonly string[] {
  const variables = new Map(Object.entries(environment));
  const { args } = fieldsAt(container) ?? {};
  if (!Array.isArray(args)) return [];
  return args.filter((one) => typeof one === 'string').map((text) => expanded(text, variables));
}

/** A reference to a variable that there is none of stays as it is written. */
function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  );
}

function fieldValue(pod: KubeObject, { ip, hostIp }: PodAddresses, path: string): string | undefined {
  const { name, namespace = '', uid = '', labels, annotations } = pod.metadata;
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map === 'labels') return labels?.[key] ?? '';
  if (map === 'annotations') return annotations?.[key] ?? '';
  switch (path) {
    case 'metadata.name':
      return name;
    case 'metadata.namespace':
      return namespace;
    case 'metadata.uid':
      return uid;
    case 'spec.nodeName':
    case 'spec.serviceAccountName':
      return textAt(pod, ...path.split('.')) ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return ip;
    default:
      return undefined;
  }
}
