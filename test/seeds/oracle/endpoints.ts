import { readBackends, type Backend, type BackendObject } from './backends.js';
import { type Cluster, find, type Pod, type Service, type Settings } from './objects.js';
import { addressText, isIpv6, isTcp, readPort } from './text.js';
import { bare, type Description, describeExternalWorkload, describePod } from './workloads.js';

/** Everything a client of Get is to know. */
export interface EndpointsAnswer {
  /** What is to be known of each `ip:port`. */
  readonly endpoints: Readonly<Record<string, Description>>;
  /** Whether there is a service at all. */
  readonly exists: boolean;
}

export interface Asked {
  readonly namespace: string;
  readonly service: string;
  readonly instance: string | undefined;
  readonly port: number;
  /** The node that the client is on, as it says. */
  readonly node: string | undefined;
}

interface Candidate {
  readonly ip: string;
  readonly port: number;
  readonly backend: Backend;
  readonly object: BackendObject;
  /** The pod behind it, if it is one. */
  readonly pod: Pod | undefined;
  readonly description: Description;
}

/** The endpoints of a service for a client: all that could serve it, those that are for this client, described to it. */
export function expectedEndpoints(cluster: Cluster, settings: Settings, asked: Asked): EndpointsAnswer {
  const service = find(cluster.services, asked.namespace, asked.service);
  if (service === undefined) return { endpoints: {}, exists: false };
  if (service.spec.type === 'ExternalName') return { endpoints: {}, exists: true };

  const objects = readBackends(cluster, settings.meshDomain, asked.namespace, asked.service);
  const all = objects.flatMap((object) => candidatesOf(cluster, settings, service, object, asked));
  const clientZone = zoneOf(cluster, asked.node);
  const chosen = preferIpv6(choose(service, all, asked.node, clientZone));

  const setLabels = { service: asked.service, namespace: asked.namespace, ...targetLabels(objects) };
  const endpoints: Record<string, Description> = {};
  for (const { ip, port, backend, description } of chosen) {
    const address = addressText(ip, port);
    // An address that several objects tell of is what the first of them says.
    if (endpoints[address] !== undefined) continue;
    const isKnown = description.resource !== undefined;
    endpoints[address] = {
      ...description,
      labels: {
        ...setLabels,
        ...description.labels,
        ...(isKnown && { zone: backend.zone ?? '' }),
        zone_locality: locality(backend.zone, clientZone),
      },
    };
  }
  return { endpoints, exists: true };
}

/** What one object has to offer for the port. */
function candidatesOf(
  cluster: Cluster,
  settings: Settings,
  service: Service,
  object: BackendObject,
  asked: Asked,
): readonly Candidate[] {
  const declared = declaredPorts(service).find(({ port }) => port === asked.port);
  const candidates = new Map<string, Candidate>();
  for (const { ports, backends } of object.groups) {
    // The service names its port, and each group has its own number for it. A port that the service doesn't have is
    // taken for the number itself, where anything is listening at all.
    const named = ports.find(({ name }) => name === declared?.name)?.port;
    const port = declared !== undefined ? named : ports.length > 0 ? asked.port : undefined;
    if (port === undefined) continue;
    for (const backend of backends) {
      if (!backend.ready) continue;
      if (asked.instance !== undefined && backend.hostname !== asked.instance) continue;
      const known = describe(cluster, settings, object, backend, port, asked.port);
      // Of several mentions in one object the last counts.
      if (known !== undefined) {
        candidates.set(addressText(backend.ip, port), { ip: backend.ip, port, backend, object, ...known });
      }
    }
  }
  return [...candidates.values()];
}

/** Undefined for an address that must not be told: nothing is known, yet or any more, of what stands behind it. */
function describe(
  cluster: Cluster,
  settings: Settings,
  { metadata, mirror }: BackendObject,
  { target }: Backend,
  port: number,
  askedPort: number,
): { readonly pod: Pod | undefined; readonly description: Description } | undefined {
  if (target === undefined) {
    const isMeshed = mirror.gatewayIdentity !== undefined;
    const description: Description = {
      ...bare,
      authority: mirror.remoteService && `${mirror.remoteService}:${askedPort}`,
      identity: isMeshed ? `dns ${mirror.gatewayIdentity}` : undefined,
      protocol: isMeshed && settings.enableH2Upgrade ? 'h2' : undefined,
      http2: isMeshed ? settings.http2 : undefined,
    };
    return { pod: undefined, description };
  }
  const namespace = target.namespace || metadata.namespace;
  const name = target.name ?? '';
  if (target.kind === 'Pod') {
    const pod = find(cluster.pods, namespace, name);
    if (pod === undefined || (target.uid && target.uid !== pod.metadata.uid)) return undefined;
    return { pod, description: describePod(cluster, settings, pod, port) };
  }
  if (target.kind === 'ExternalWorkload') {
    const workload = find(cluster.externalWorkloads, namespace, name);
    if (workload === undefined || (target.uid && target.uid !== workload.metadata.uid)) return undefined;
    return { pod: undefined, description: describeExternalWorkload(cluster, settings, workload, port) };
  }
  return undefined;
}

/** Those of the candidates that are for a client on this node, in this zone. */
function choose(
  service: Service,
  all: readonly Candidate[],
  node: string | undefined,
  zone: string | undefined,
): readonly Candidate[] {
  if (service.spec.internalTrafficPolicy === 'Local') {
    return all.filter(({ pod }) => pod?.spec.nodeName && pod.spec.nodeName === node);
  }
  // Hints count where every candidate has them and some are meant for the client's zone.
  const meant = all.filter(({ backend }) => zone !== undefined && backend.forZones.includes(zone));
  const isHinted = all.every(({ backend }) => backend.forZones.length > 0);
  return isHinted && meant.length > 0 ? meant : all;
}

/** Of a pod with addresses of both families, the IPv6 ones. */
function preferIpv6(candidates: readonly Candidate[]): readonly Candidate[] {
  const withIpv6 = new Set(candidates.filter(({ ip }) => isIpv6(ip)).map(({ pod }) => pod));
  return candidates.filter(({ ip, pod }) => isIpv6(ip) || pod === undefined || !withIpv6.has(pod));
}

/** The ports of a service that a proxy can carry. */
export function declaredPorts({
  spec,
}: Service): readonly { readonly name: string; readonly port: number }[] {
  return (spec.ports ?? []).flatMap(({ name, protocol, port }) => {
    const number = readPort(port);
    return number === undefined || !isTcp(protocol) ? [] : [{ name: name ?? '', port: number }];
  });
}

/** The service in another cluster that this one stands for, by the first object that names the cluster. */
function targetLabels(objects: readonly BackendObject[]): Readonly<Record<string, string>> {
  const mirror = objects.find((object) => object.mirror.cluster !== undefined)?.mirror;
  if (mirror?.cluster === undefined) return {};
  const [service, namespace] = (mirror.remoteService ?? '').split('.');
  return {
    target_cluster: mirror.cluster,
    ...(namespace !== undefined && { target_service: service!, target_service_namespace: namespace }),
  };
}

export function zoneOf(cluster: Cluster, node: string | undefined): string | undefined {
  const labels = cluster.nodes.find(({ metadata }) => metadata.name === node)?.metadata.labels;
  return labels?.['topology.kubernetes.io/zone'] || undefined;
}

function locality(zone: string | undefined, clientZone: string | undefined): string {
  if (zone === undefined || clientZone === undefined) return 'unknown';
  return zone === clientZone ? 'local' : 'remote';
}
