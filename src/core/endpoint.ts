import { plainEqual } from './equal.js';
import type { Zone } from './ids.js';

/** `ip:port`, `[v6]:port` for IPv6: what tells one endpoint of a service from another on the wire. */
export type AddressKey = string & { readonly addressKey: unique symbol };

/** The key of an address whose IP is in canonical text form. */
export function addressKey(ip: string, port: number): AddressKey {
  return (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`) as AddressKey;
}

/** The key of an endpoint's address. */
export function endpointKey({ ip, port }: Endpoint): AddressKey {
  return addressKey(ip, port);
}

export function sameAddress(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.ip === b.ip;
}

/** One address that serves a destination, with all that a proxy is told about it and nothing else. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  /** Its share of the traffic, relative to the others'. */
  readonly weight: number;
  readonly zone: Zone | undefined;
  /** What is behind it; undefined for a bare address. */
  readonly workload: Workload | undefined;
  /** What its proxy is known to take; undefined where no proxy takes connections to this port. */
  readonly hint: ProtocolHint | undefined;
  /** Set where a gateway answers there, on behalf of a service in another cluster. */
  readonly gateway: Gateway | undefined;
}

/** What is the same for every address and port of a workload. */
export type Workload = PodWorkload | ExternalWorkload;

export interface PodWorkload {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  /** The topmost controller; the pod itself where nothing owns it. */
  readonly owner: { readonly kind: string; readonly name: string };
  readonly serviceAccount: string;
  readonly podTemplateHash: string | undefined;
  /** The control plane that the pod's sidecar belongs to; undefined for a pod without one. */
  readonly controlPlaneNamespace: string | undefined;
  /** The name its sidecar proves by certificate; undefined without a sidecar of our own control plane. */
  readonly identity: string | undefined;
}

/** A machine outside of the cluster that is part of the mesh. */
export interface ExternalWorkload {
  readonly kind: 'ExternalWorkload';
  readonly namespace: string;
  readonly name: string;
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** The URI that its proxy proves by certificate. */
  readonly identity: string;
  /** The name to ask for by SNI. */
  readonly serverName: string;
}

/** A gateway, and how to ask it for the service it leads to. */
export interface Gateway {
  /** `name:port` of the service over there; undefined for an address that stands for the gateway itself. */
  readonly authority: string | undefined;
  /** The name that the gateway's proxy proves by certificate; undefined without one. */
  readonly identity: string | undefined;
}

export interface ProtocolHint {
  /** `h2`: HTTP/1 may be carried over HTTP/2. `opaque`: connections are bytes. */
  readonly protocol: 'unknown' | 'h2' | 'opaque';
  /** Where the proxy takes connections that start with a transport header; undefined where they go to the port itself. */
  readonly transportPort: number | undefined;
}

export function isIpv6({ ip }: Endpoint): boolean {
  return ip.includes(':');
}

/** How far an endpoint in one zone is from a client in another, or the same. */
export type Locality = 'local' | 'remote' | 'unknown';

export function localityOf(zone: Zone | undefined, clientZone: Zone | undefined): Locality {
  if (zone === undefined || clientZone === undefined) return 'unknown';
  return zone === clientZone ? 'local' : 'remote';
}

/** Whether both say the same on the wire, but for the locality. */
export function endpointsEqual(a: Endpoint, b: Endpoint): boolean {
  return (
    a === b ||
    (a.ip === b.ip &&
      a.port === b.port &&
      a.weight === b.weight &&
      a.zone === b.zone &&
      plainEqual(a.workload, b.workload) &&
      plainEqual(a.hint, b.hint) &&
      plainEqual(a.gateway, b.gateway))
  );
}
