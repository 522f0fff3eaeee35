import { type Backend, readBackends } from './backends.js';
import { declaredPorts } from './endpoints.js';
import {
  type Cluster,
  type ExternalWorkload,
  find,
  inOrder,
  type Pod,
  type Service,
  type Settings,
} from './objects.js';
import {
  type Budget,
  defaultBudget,
  type Override,
  readServiceProfile,
  type Route,
} from './service-profile.js';
import { type Authority, addressText, listsPort, readIp } from './text.js';
import {
  bare,
  containerPorts,
  type Description,
  describeExternalWorkload,
  describePod,
  isExternalPortOpaque,
  isPodPortOpaque,
  tcpPorts,
} from './workloads.js';

/** Everything a client of GetProfile is to know. */
export interface ProfileAnswer {
  readonly name: string;
  readonly isOpaque: boolean;
  readonly routes: readonly Route[];
  /** Undefined where nothing is known at all. */
  readonly budget: Budget | undefined;
  readonly overrides: readonly Override[];
  readonly endpoint: ({ readonly address: string } & Description) | undefined;
  /** `<group> <kind> <namespace>/<name>`, and `:<port>` where there is one. */
  readonly parent: string | undefined;
  readonly profile: string | undefined;
}

/** The profile that says nothing: to be revised as soon as something is known. */
const nothing: ProfileAnswer = {
  name: '',
  isOpaque: false,
  routes: [],
  budget: undefined,
  overrides: [],
  endpoint: undefined,
  parent: undefined,
  profile: undefined,
};

/** How a client in a namespace is to treat the traffic for a destination. */
export function expectedProfile(
  cluster: Cluster,
  settings: Settings,
  asked: Authority,
  clientNamespace: string | undefined,
): ProfileAnswer {
  if (asked.kind === 'address') {
    const service = inOrder(cluster.services).find((each) => clusterIps(each).includes(asked.ip));
    if (service !== undefined) return ofService(cluster, settings, service, asked.port, clientNamespace);
    return ofOwner(cluster, settings, asked.ip, asked.port, ownerOf(cluster, asked.ip, asked.port));
  }
  const service = find(cluster.services, asked.namespace, asked.service);
  if (service === undefined || service.spec.type === 'ExternalName') return nothing;
  if (asked.instance === undefined) return ofService(cluster, settings, service, asked.port, clientNamespace);
  const backend = findInstance(cluster, settings, asked);
  if (backend === undefined) return nothing;
  return ofOwner(cluster, settings, backend.ip, asked.port, workloadOf(cluster, backend, asked.namespace));
}

function ofService(
  cluster: Cluster,
  settings: Settings,
  service: Service,
  port: number,
  clientNamespace: string | undefined,
): ProfileAnswer {
  const isDeclared = declaredPorts(service).some((declared) => declared.port === port);
  if (service.spec.type === 'ExternalName' || !isDeclared) return nothing;
  const { name, namespace, annotations = {} } = service.metadata;
  const fullName = `${name}.${namespace}.svc.${settings.clusterDomain}`;
  const opaquePorts = annotations[`config.${settings.meshDomain}/opaque-ports`];
  // What the client's namespace says goes before what the service's says.
  const profile =
    find(cluster.serviceProfiles, clientNamespace, fullName) ??
    find(cluster.serviceProfiles, namespace, fullName);
  const said = profile && readServiceProfile(profile, port);
  const overrides = said?.overrides ?? [];
  const self: Override = { authority: `${fullName}:${port}`, weight: 10_000 };
  return {
    ...nothing,
    name: fullName,
    isOpaque: listsPort(
      opaquePorts ?? settings.defaultOpaquePorts,
      port,
      opaquePorts === undefined ? [] : declaredPorts(service),
    ),
    routes: said?.routes ?? [],
    budget: said?.budget ?? defaultBudget,
    overrides: overrides.length === 0 && settings.enableSelfOverride ? [self] : overrides,
    parent: `core Service ${namespace}/${name}:${port}`,
    profile: profile && `linkerd.io ServiceProfile ${profile.metadata.namespace}/${profile.metadata.name}`,
  };
}

/** What is behind an address: nobody known, a pod, or a machine outside of the cluster. */
type AddressOwner =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'pod'; readonly pod: Pod }
  | { readonly kind: 'external'; readonly workload: ExternalWorkload };

function ofOwner(
  cluster: Cluster,
  settings: Settings,
  ip: string,
  port: number,
  owner: AddressOwner,
): ProfileAnswer {
  const address = addressText(ip, port);
  switch (owner.kind) {
    case 'nobody':
      return {
        ...nothing,
        isOpaque: listsPort(settings.defaultOpaquePorts, port),
        budget: defaultBudget,
        endpoint: { address, ...bare },
      };
    case 'pod': {
      const { namespace } = owner.pod.metadata;
      const description = describePod(cluster, settings, owner.pod, port);
      return {
        ...nothing,
        isOpaque: isPodPortOpaque(cluster, settings, owner.pod, port),
        budget: defaultBudget,
        endpoint: {
          address,
          ...description,
          labels: { namespace: namespace!, ...description.labels, zone: '' },
        },
      };
    }
    case 'external': {
      const { namespace } = owner.workload.metadata;
      const description = describeExternalWorkload(cluster, settings, owner.workload, port);
      return {
        ...nothing,
        isOpaque: isExternalPortOpaque(cluster, settings, owner.workload, port),
        budget: defaultBudget,
        endpoint: {
          address,
          ...description,
          labels: { namespace: namespace!, ...description.labels, zone: '' },
        },
      };
    }
  }
}

/** A pod by its own address, a pod by a port of its node, an external workload: in this order. Only pods that run. */
function ownerOf(cluster: Cluster, ip: string, port: number): AddressOwner {
  const running = inOrder(cluster.pods).filter(({ status }) => status.phase === 'Running');
  const byAddress = running.filter((pod) => pod.spec.hostNetwork !== true && podIps(pod).includes(ip));
  const byNodePort = running.filter(
    (pod) => hostIps(pod).includes(ip) && containerPorts(pod).some(({ hostPort }) => hostPort === port),
  );
  const pod = heir(byAddress) ?? heir(byNodePort);
  if (pod !== undefined) return { kind: 'pod', pod };
  const workload = inOrder(cluster.externalWorkloads).find(
    (each) =>
      (each.spec.workloadIPs ?? []).some((address) => readIp(address.ip) === ip) &&
      tcpPorts(each).some((declared) => declared.port === port),
  );
  return workload === undefined ? { kind: 'nobody' } : { kind: 'external', workload };
}

/** Of pods that claim the same address: one that isn't being deleted, and of these the youngest. */
function heir(pods: readonly Pod[]): Pod | undefined {
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const claiming = staying.length > 0 ? staying : pods;
  const born = ({ metadata }: Pod): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
  return claiming.find((pod) => claiming.every((other) => born(other) <= born(pod)));
}

/** The backend of that name, ready if there is one that is. */
function findInstance(
  cluster: Cluster,
  settings: Settings,
  asked: Authority & { readonly kind: 'name' },
): Backend | undefined {
  const instances = readBackends(cluster, settings.meshDomain, asked.namespace, asked.service)
    .flatMap(({ groups }) => groups)
    .flatMap(({ backends }) => backends)
    .filter(({ hostname }) => hostname === asked.instance);
  return instances.find(({ ready }) => ready) ?? instances[0];
}

/** What a backend refers to, as far as it runs and is the one that is meant. */
function workloadOf(cluster: Cluster, { target }: Backend, namespace: string): AddressOwner {
  const name = target?.name ?? '';
  const isMeant = (uid: string | undefined): boolean => !target?.uid || target.uid === uid;
  if (target?.kind === 'Pod') {
    const pod = find(cluster.pods, target.namespace || namespace, name);
    const runs = pod?.status.phase === 'Running';
    if (pod !== undefined && runs && isMeant(pod.metadata.uid)) return { kind: 'pod', pod };
  }
  if (target?.kind === 'ExternalWorkload') {
    const workload = find(cluster.externalWorkloads, target.namespace || namespace, name);
    if (workload !== undefined && isMeant(workload.metadata.uid)) return { kind: 'external', workload };
  }
  return { kind: 'nobody' };
}

function clusterIps({ spec }: Service): readonly (string | undefined)[] {
  const several = spec.clusterIPs ?? [];
  return (several.length > 0 ? several : [spec.clusterIP]).map(readIp);
}

function podIps({ status }: Pod): readonly (string | undefined)[] {
  const several = status.podIPs ?? [];
  return several.length > 0 ? several.map(({ ip }) => readIp(ip)) : [readIp(status.podIP)];
}

function hostIps({ status }: Pod): readonly (string | undefined)[] {
  const several = status.hostIPs ?? [];
  return several.length > 0 ? several.map(({ ip }) => readIp(ip)) : [readIp(status.hostIP)];
}
