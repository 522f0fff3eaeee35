import {
  type Cluster,
  type Container,
  type ContainerPort,
  type ExternalWorkload,
  find,
  type Metadata,
  type Owner,
  type Pod,
  type Settings,
} from './objects.js';
import { isTcp, listsPort, readPort } from './text.js';

/** What a client is told about one address, however the wire spells it. Fields that aren't told are undefined. */
export interface Description {
  readonly weight: number;
  /** The labels of the set and of the address together. */
  readonly labels: Readonly<Record<string, string>>;
  /** `dns <name> sni <name>`, `uri <uri> sni <name>`. */
  readonly identity: string | undefined;
  readonly protocol: 'h2' | 'opaque' | undefined;
  /** Where connections with a transport header go. */
  readonly transportPort: number | undefined;
  readonly authority: string | undefined;
  readonly http2: string | undefined;
  /** `<group> <kind> <namespace>/<name>`. */
  readonly resource: string | undefined;
}

/** An address that nothing is known about. */
export const bare: Description = {
  weight: 10_000,
  labels: {},
  identity: undefined,
  protocol: undefined,
  transportPort: undefined,
  authority: undefined,
  http2: undefined,
  resource: undefined,
};

/** A pod's address, without the labels that depend on where the client is. */
export function describePod(cluster: Cluster, settings: Settings, pod: Pod, port: number): Description {
  const { meshDomain, controllerNamespace, trustDomain } = settings;
  const { namespace, name, labels = {}, annotations = {} } = pod.metadata;
  const serviceAccount = pod.spec.serviceAccountName || 'default';
  const owner = topOwner(cluster, pod);
  const controlPlane = labels[`${meshDomain}/control-plane-ns`] || undefined;
  const hash = labels['pod-template-hash'] || undefined;
  const description: Description = {
    ...bare,
    labels: {
      pod: name,
      [owner.kind === 'Job' ? 'k8s_job' : owner.kind.toLowerCase()]: owner.name,
      serviceaccount: serviceAccount,
      ...(controlPlane !== undefined && { control_plane_ns: controlPlane }),
      ...(hash !== undefined && { pod_template_hash: hash }),
    },
    resource: `core Pod ${namespace}/${name}`,
  };

  const isSkipped = listsPort(annotations[`config.${meshDomain}/skip-inbound-ports`] ?? '', port);
  if (controlPlane === undefined || isSkipped) return description;

  const identity = `${serviceAccount}.${namespace}.serviceaccount.identity.${controllerNamespace}.${trustDomain}`;
  const isOpaque = isPodPortOpaque(cluster, settings, pod, port);
  const { inbound, own } = proxyPorts(settings, pod);
  return {
    ...description,
    // A sidecar of another control plane proves what we know nothing of.
    identity: controlPlane === controllerNamespace ? `dns ${identity} sni ${identity}` : undefined,
    protocol: isOpaque ? 'opaque' : settings.enableH2Upgrade ? 'h2' : undefined,
    transportPort: isOpaque && !own.includes(port) ? inbound : undefined,
    http2: settings.http2,
  };
}

/** An external workload's address. Its proxy is always there, and always takes HTTP/2. */
export function describeExternalWorkload(
  cluster: Cluster,
  settings: Settings,
  workload: ExternalWorkload,
  port: number,
): Description {
  const { namespace, name, ownerReferences = [] } = workload.metadata;
  const { identity, serverName } = workload.spec.meshTLS;
  const [owner] = ownerReferences;
  const isOpaque = isExternalPortOpaque(cluster, settings, workload, port);
  const inbound = tcpPorts(workload).find((each) => each.name === proxyName(settings));
  return {
    ...bare,
    labels: {
      external_workload: name,
      ...(owner !== undefined &&
        ownerReferences.length === 1 && {
          [owner.kind === 'Job' ? 'k8s_job' : owner.kind.toLowerCase()]: owner.name,
        }),
    },
    identity: `uri ${identity} sni ${serverName}`,
    protocol: isOpaque ? 'opaque' : 'h2',
    transportPort: isOpaque ? (inbound?.port ?? 4143) : undefined,
    http2: settings.http2,
    resource: `workload.linkerd.io ExternalWorkload ${namespace}/${name}`,
  };
}

/** The annotation decides, or else the mesh's default; a Server can only add to it. */
export function isPodPortOpaque(cluster: Cluster, settings: Settings, pod: Pod, port: number): boolean {
  const named = namedPorts(pod);
  const list = pod.metadata.annotations?.[`config.${settings.meshDomain}/opaque-ports`];
  if (listsPort(list ?? settings.defaultOpaquePorts, port, list === undefined ? [] : named)) return true;
  return cluster.servers.some(
    ({ metadata, spec }) =>
      metadata.namespace === pod.metadata.namespace &&
      spec.proxyProtocol === 'opaque' &&
      selects(spec.podSelector, pod.metadata) &&
      (typeof spec.port === 'number'
        ? spec.port === port
        : named.some((each) => each.name === spec.port && (each.port === port || each.hostPort === port))),
  );
}

export function isExternalPortOpaque(
  cluster: Cluster,
  settings: Settings,
  workload: ExternalWorkload,
  port: number,
): boolean {
  const declared = tcpPorts(workload);
  const list = workload.metadata.annotations?.[`config.${settings.meshDomain}/opaque-ports`];
  if (listsPort(list ?? settings.defaultOpaquePorts, port, list === undefined ? [] : declared)) return true;
  return cluster.servers.some(
    ({ metadata, spec }) =>
      metadata.namespace === workload.metadata.namespace &&
      spec.proxyProtocol === 'opaque' &&
      selects(spec.externalWorkloadSelector, workload.metadata) &&
      (typeof spec.port === 'number'
        ? spec.port === port
        : declared.some((each) => each.name === spec.port && each.port === port)),
  );
}

/** The TCP ports of an external workload. */
export function tcpPorts({
  spec,
}: ExternalWorkload): readonly { readonly name: string; readonly port: number }[] {
  return (spec.ports ?? []).flatMap(({ name, protocol, port }) => {
    const number = readPort(port);
    return number === undefined || !isTcp(protocol) ? [] : [{ name: name ?? '', port: number }];
  });
}

/** All TCP ports that a pod's containers declare. */
export function containerPorts(
  pod: Pod,
): readonly { readonly name: string; readonly port: number; readonly hostPort: number | undefined }[] {
  return containers(pod)
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ name, protocol, containerPort, hostPort }: ContainerPort) => {
      const port = readPort(containerPort);
      return port === undefined || !isTcp(protocol)
        ? []
        : [{ name: name ?? '', port, hostPort: readPort(hostPort) }];
    });
}

function namedPorts(pod: Pod): ReturnType<typeof containerPorts> {
  return containerPorts(pod).filter(({ name }) => name !== '');
}

function containers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** `linkerd-proxy`, `conduit-proxy`. */
function proxyName({ meshDomain }: Settings): string {
  return `${meshDomain.split('.')[0]}-proxy`;
}

/** Where a pod's sidecar listens, by the environment of its container. */
function proxyPorts(
  settings: Settings,
  pod: Pod,
): { readonly inbound: number | undefined; readonly own: readonly (number | undefined)[] } {
  const proxy = containers(pod).find(({ name }) => name === proxyName(settings));
  const portOf = (variable: string): number | undefined => {
    const value = proxy?.env?.find(({ name }) => name === `LINKERD2_PROXY_${variable}_LISTEN_ADDR`)?.value;
    const [, port] = /:(\d+)$/.exec(value ?? '') ?? [];
    return readPort(Number(port));
  };
  return { inbound: portOf('INBOUND'), own: [portOf('ADMIN'), portOf('CONTROL')] };
}

/** Who a user would say the pod belongs to: the Deployment behind its ReplicaSet, the CronJob behind its Job. */
function topOwner(cluster: Cluster, { metadata }: Pod): Owner {
  const owner = soleOwner(metadata);
  if (owner === undefined) return { kind: 'Pod', name: metadata.name };
  if (owner.kind === 'Job') {
    const job = find(cluster.jobs, metadata.namespace, owner.name);
    return (job && soleOwner(job.metadata)) ?? owner;
  }
  if (owner.kind === 'ReplicaSet') {
    const replicaSet = find(cluster.replicaSets, metadata.namespace, owner.name);
    const above = replicaSet && soleOwner(replicaSet.metadata);
    const counts = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(above?.kind ?? '');
    return above !== undefined && counts ? above : owner;
  }
  return owner;
}

/** Of several owners none is *the* owner. */
function soleOwner({ ownerReferences = [] }: Metadata): Owner | undefined {
  return ownerReferences.length === 1 ? ownerReferences[0] : undefined;
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** A Kubernetes label selector. One that makes no sense, or isn't there, selects nothing; `{}` selects everything. */
function selects(selector: unknown, { labels = {} }: Metadata): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector as {
    readonly matchLabels?: unknown;
    readonly matchExpressions?: unknown;
  };
  if (typeof matchLabels !== 'object' || matchLabels === null || !Array.isArray(matchExpressions))
    return false;
  const required = Object.entries(matchLabels);
  const requirements = matchExpressions as readonly Requirement[];
  const takesValues = (operator: string): boolean => operator === 'In' || operator === 'NotIn';
  const isValid =
    required.every(([, value]) => typeof value === 'string') &&
    requirements.every(
      ({ operator, values = [] }) =>
        ['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator) &&
        values.length > 0 === takesValues(operator),
    );
  if (!isValid) return false;
  return (
    required.every(([key, value]) => labels[key] === value) &&
    requirements.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}
