import type {
  ProtocolHint,
  TlsIdentity,
  WeightedAddr,
  WeightedAddrSet,
} from '../gen/io/linkerd/proxy/destination/destination.js';
import type { Metadata } from '../gen/io/linkerd/proxy/meta/meta.js';
import { decodeAddress, type SocketAddress } from '../wire/socket-address.js';

/** What a proxy is told about one endpoint of a service, as a plain value. */
export interface ToldEndpoint extends SocketAddress {
  /** Its share of the traffic, relative to the others'. */
  readonly weight: number;
  /** Labels for metrics, sorted by name: those of the set, overridden by the endpoint's own. */
  readonly labels: ReadonlyMap<string, string>;
  /** Who must answer there; undefined: connect without TLS. */
  readonly identity: Identity | undefined;
  /** What it is known to speak; undefined: nothing is known. */
  readonly protocol: 'h2' | 'opaque' | undefined;
  /** The port where the endpoint's proxy takes connections that start with a transport header, if it does. */
  readonly transportPort: number | undefined;
  /** The authority to send instead of the client's. */
  readonly authorityOverride: string | undefined;
  /** The object that the endpoint comes from. */
  readonly resource: ResourceRef | undefined;
}

export interface Identity {
  readonly kind: 'dns' | 'uri';
  readonly name: string;
  /** The name to ask for by SNI; undefined where a URI identity comes without one. */
  readonly serverName: string | undefined;
}

/** A Kubernetes object, or a part of one. */
export interface ResourceRef {
  /** `core` for the legacy group. */
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty for the whole object. */
  readonly section: string;
  /** 0 for the whole object. */
  readonly port: number;
}

/** An address that nothing is known about. */
export function bareEndpoint({ ip, port }: SocketAddress): ToldEndpoint {
  return {
    ip,
    port,
    weight: 1,
    labels: new Map(),
    identity: undefined,
    protocol: undefined,
    transportPort: undefined,
    authorityOverride: undefined,
    resource: undefined,
  };
}

/** The endpoints of an `add`. One without a usable address is left out, as proxies do. */
export function decodeEndpoints(set: WeightedAddrSet): readonly ToldEndpoint[] {
  return set.addrs.flatMap((endpoint) => decodeEndpoint(endpoint, set.metricLabels) ?? []);
}

/** Undefined for one without a usable address. */
export function decodeEndpoint(
  endpoint: WeightedAddr,
  setLabels: ReadonlyMap<string, string> = new Map(),
): ToldEndpoint | undefined {
  const address = decodeAddress(endpoint.addr);
  if (address === undefined) return undefined;
  const labels = new Map([...setLabels, ...endpoint.metricLabels]);
  return {
    ...address,
    weight: endpoint.weight,
    labels: new Map([...labels].sort(([a], [b]) => (a < b ? -1 : 1))),
    identity: decodeIdentity(endpoint.tlsIdentity),
    protocol: decodeProtocol(endpoint.protocolHint),
    transportPort: endpoint.protocolHint?.opaqueTransport?.inboundPort,
    authorityOverride: endpoint.authorityOverride?.authorityOverride,
    resource: decodeResource(endpoint.resourceRef),
  };
}

function decodeIdentity(identity: TlsIdentity | undefined): Identity | undefined {
  const serverName = identity?.serverName?.name;
  switch (identity?.strategy?.$case) {
    case 'dnsLikeIdentity': {
      const { name } = identity.strategy.value;
      return { kind: 'dns', name, serverName: serverName ?? name };
    }
    case 'uriLikeIdentity':
      return { kind: 'uri', name: identity.strategy.value.uri, serverName };
    case undefined:
      return undefined;
  }
}

function decodeProtocol(hint: ProtocolHint | undefined): ToldEndpoint['protocol'] {
  return hint?.protocol?.$case;
}

export function decodeResource(metadata: Metadata | undefined): ResourceRef | undefined {
  if (metadata?.kind?.$case !== 'resource') return undefined;
  const { group, kind, namespace, name, section, port } = metadata.kind.value;
  return { group, kind, namespace, name, section, port };
}
