import type { Failure } from '../client/failure.js';
import type { ToldEndpoint } from '../client/told-endpoint.js';
import type { Difference } from '../client/told-set.js';
import { addressKey } from '../core/endpoint.js';

/**
 * The JSON of `conduit endpoints -o json`. Fields may be added; none is renamed, removed or given another meaning.
 * What an endpoint lacks is null, so that every object of a kind has the same fields.
 */

/** `-o json`: one such document for each authority, in the order of the command line. */
export interface EndpointsDocument {
  readonly authority: string;
  /** Whether there is such a service; one that exists can have no endpoints. */
  readonly exists: boolean;
  /** In the order of addresses. */
  readonly endpoints: readonly EndpointDocument[];
}

/** `--watch -o json`: one such object a line. */
export type WatchLine =
  /** The whole set: the first answer, and the first after each lost connection. */
  | ({ readonly kind: 'snapshot' } & EndpointsDocument)
  /** What became of the set since the line before. */
  | {
      readonly kind: 'change';
      readonly authority: string;
      readonly exists: boolean;
      readonly added: readonly EndpointDocument[];
      readonly changed: readonly { readonly from: EndpointDocument; readonly to: EndpointDocument }[];
      readonly removed: readonly EndpointDocument[];
    }
  /** The control plane is out of reach, or has no answer; what was told stays valid. */
  | {
      readonly kind: 'lost';
      readonly authority: string;
      /** The name of a gRPC status. */
      readonly code: string;
      readonly message: string;
      readonly retryInMs: number;
    };

export interface EndpointDocument {
  /** `ip:port`, with brackets around an IPv6 address. */
  readonly address: string;
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  /** Sorted by name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Who must answer there; null: no TLS. */
  readonly identity: {
    readonly kind: 'dns' | 'uri';
    readonly name: string;
    readonly serverName: string | null;
  } | null;
  /** What it is known to speak; null: nothing is known. */
  readonly protocol: 'h2' | 'opaque' | null;
  /** Where its proxy takes connections with a transport header. */
  readonly transportPort: number | null;
  readonly authorityOverride: string | null;
  /** The object it comes from; `core` is the legacy API group. */
  readonly resource: ResourceDocument | null;
}

export interface ResourceDocument {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly section: string;
  readonly port: number;
}

export function endpointsDocument(
  authority: string,
  { exists, endpoints }: { readonly exists: boolean; readonly endpoints: readonly ToldEndpoint[] },
): EndpointsDocument {
  return { authority, exists, endpoints: endpoints.map(endpointDocument) };
}

export function snapshotLine(
  authority: string,
  told: { readonly exists: boolean; readonly endpoints: readonly ToldEndpoint[] },
): WatchLine {
  return { kind: 'snapshot', ...endpointsDocument(authority, told) };
}

export function changeLine(
  authority: string,
  { exists, difference }: { readonly exists: boolean; readonly difference: Difference },
): WatchLine {
  return {
    kind: 'change',
    authority,
    exists,
    added: difference.added.map(endpointDocument),
    changed: difference.changed.map(({ from, to }) => ({
      from: endpointDocument(from),
      to: endpointDocument(to),
    })),
    removed: difference.removed.map(endpointDocument),
  };
}

export function lostLine(authority: string, failure: Failure, retryInMs: number): WatchLine {
  return { kind: 'lost', authority, ...failure, retryInMs };
}

export function endpointDocument(endpoint: ToldEndpoint): EndpointDocument {
  const { ip, port, weight, labels, identity, protocol, transportPort, authorityOverride, resource } =
    endpoint;
  return {
    address: addressKey(ip, port),
    ip,
    port,
    weight,
    labels: Object.fromEntries(labels),
    identity: identity === undefined ? null : { ...identity, serverName: identity.serverName ?? null },
    protocol: protocol ?? null,
    transportPort: transportPort ?? null,
    authorityOverride: authorityOverride ?? null,
    resource: resource ?? null,
  };
}
