import {
  type Cluster,
  type EndpointSlice,
  type Endpoints,
  inOrder,
  type Metadata,
  type Port,
  type Target,
} from './objects.js';
import { isTcp, readIp, readPort } from './text.js';

/** An EndpointSlice or an Endpoints object, read. What makes no sense in it is left out. */
export interface BackendObject {
  readonly metadata: Metadata;
  readonly mirror: {
    readonly cluster: string | undefined;
    readonly remoteService: string | undefined;
    readonly gatewayIdentity: string | undefined;
  };
  /** Backends that listen on the same ports: all of a slice, those of each subset. */
  readonly groups: readonly {
    readonly ports: readonly { readonly name: string; readonly port: number }[];
    readonly backends: readonly Backend[];
  }[];
}

export interface Backend {
  readonly ip: string;
  readonly ready: boolean;
  readonly target: Target | undefined;
  readonly hostname: string | undefined;
  readonly zone: string | undefined;
  /** Empty without hints. */
  readonly forZones: readonly string[];
}

/** The objects that declare backends for a service, in the order of their names. */
export function readBackends(
  cluster: Cluster,
  meshDomain: string,
  namespace: string,
  service: string,
): readonly BackendObject[] {
  return [
    ...inOrder(cluster.slices)
      .filter((slice) => slice.metadata.namespace === namespace && serviceOf(slice) === service)
      .map((slice) => readSlice(slice, meshDomain)),
    ...cluster.endpoints
      .filter(({ metadata }) => metadata.namespace === namespace && metadata.name === service)
      .map((endpoints) => readEndpoints(endpoints, meshDomain)),
  ];
}

/** A slice belongs to the service that its label names, or else to the Service that owns it. */
function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const label = metadata.labels?.['kubernetes.io/service-name'];
  return label || metadata.ownerReferences?.find(({ kind }) => kind === 'Service')?.name;
}

function readSlice(
  { metadata, addressType, ports, endpoints }: EndpointSlice,
  meshDomain: string,
): BackendObject {
  const backends: Backend[] = [];
  for (const { addresses, conditions, targetRef, hostname, zone, hints } of endpoints ?? []) {
    if (addressType === 'FQDN' || !isReadable(targetRef)) continue;
    for (const address of addresses) {
      const ip = readIp(address);
      if (ip === undefined) continue;
      backends.push({
        ip,
        // Readiness that isn't known is readiness.
        ready: conditions?.ready !== false,
        target: targetRef,
        hostname: hostname || undefined,
        zone: zone || undefined,
        forZones: (hints?.forZones ?? []).map(({ name }) => name),
      });
    }
  }
  return {
    metadata,
    mirror: readMirror(metadata, meshDomain),
    groups: [{ ports: readPorts(ports), backends }],
  };
}

function readEndpoints({ metadata, subsets }: Endpoints, meshDomain: string): BackendObject {
  const groups = (subsets ?? []).map(({ addresses = [], notReadyAddresses = [], ports }) => {
    const backends: Backend[] = [];
    for (const [list, ready] of [[addresses, true] as const, [notReadyAddresses, false] as const]) {
      for (const { ip: address, targetRef, hostname } of list) {
        const ip = readIp(address);
        if (ip === undefined || !isReadable(targetRef)) continue;
        const target = targetRef;
        backends.push({ ip, ready, target, hostname: hostname || undefined, zone: undefined, forZones: [] });
      }
    }
    return { ports: readPorts(ports), backends };
  });
  return { metadata, mirror: readMirror(metadata, meshDomain), groups };
}

function readPorts(ports: readonly Port[] | null | undefined): BackendObject['groups'][number]['ports'] {
  return (ports ?? []).flatMap(({ name, protocol, port }) => {
    const number = readPort(port);
    return number === undefined || !isTcp(protocol) ? [] : [{ name: name ?? '', port: number }];
  });
}

/** A reference without a name refers to nothing. */
function isReadable(target: Target | undefined): boolean {
  const needsName = target?.kind === 'Pod' || target?.kind === 'ExternalWorkload';
  return !needsName || Boolean(target.name);
}

function readMirror(
  { labels = {}, annotations = {} }: Metadata,
  meshDomain: string,
): BackendObject['mirror'] {
  return {
    cluster: labels[`mirror.${meshDomain}/cluster-name`] || undefined,
    remoteService: annotations[`mirror.${meshDomain}/remote-svc-fq-name`] || undefined,
    gatewayIdentity: annotations[`mirror.${meshDomain}/remote-gateway-identity`] || undefined,
  };
}
