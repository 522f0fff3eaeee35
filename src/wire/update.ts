import type { Endpoint } from '../core/endpoint.js';
import { diffEndpointSets, type EndpointSet, endpointsOf } from '../core/endpoint-set.js';
import { Update } from '../gen/io/linkerd/proxy/destination/destination.js';
import { toTcpAddress } from './address.js';
import { toWeightedAddr } from './endpoint.js';

/**
 * Largest message of an update, in bytes. Clients refuse more than 4 MiB (tonic's default); well below it, a large set
 * arrives in pieces that a proxy can act on one by one.
 */
export const maxUpdateBytes = 1 << 20;

/** The messages that open a stream: the whole set, or that there is none. Encoded, in order, at least one. */
export function encodeSnapshot(set: EndpointSet): readonly Uint8Array[] {
  const endpoints = [...endpointsOf(set).values()];
  return endpoints.length === 0 ? [encodeNoEndpoints(set.exists)] : encodeAdd(set, endpoints);
}

/**
 * The messages that take a client from one set to another: additions first, so that it never has fewer endpoints than
 * both sets have in common, then removals. None where nothing differs on the wire.
 *
 * That the service itself is gone is said by `no_endpoints{exists: false}` after the removals; that it is back, with
 * nothing to add, by `no_endpoints{exists: true}`.
 */
export function encodeDelta(told: EndpointSet, latest: EndpointSet): readonly Uint8Array[] {
  const { added, removed } = diffEndpointSets(told, latest);
  const messages: Uint8Array[] = [];
  if (added.length > 0) messages.push(...encodeAdd(latest, added));
  if (removed.length > 0) messages.push(...encodeRemove(removed));
  if (told.exists !== latest.exists && added.length === 0) messages.push(encodeNoEndpoints(latest.exists));
  return messages;
}

function encodeAdd({ service, clientZone }: EndpointSet, endpoints: readonly Endpoint[]): Uint8Array[] {
  const metricLabels = new Map([
    ['namespace', service.namespace],
    ['service', service.name],
  ]);
  return encodeInPieces(endpoints, (piece) => ({
    $case: 'add',
    value: { addrs: piece.map((endpoint) => toWeightedAddr(endpoint, clientZone)), metricLabels },
  }));
}

function encodeRemove(endpoints: readonly Endpoint[]): Uint8Array[] {
  return encodeInPieces(endpoints, (piece) => ({
    $case: 'remove',
    value: { addrs: piece.map(({ ip, port }) => toTcpAddress(ip, port)) },
  }));
}

function encodeNoEndpoints(exists: boolean): Uint8Array {
  return Update.encode({ update: { $case: 'noEndpoints', value: { exists } } }).finish();
}

/** Encodes as one message, or as as many halves as it takes for each to stay below the limit. */
function encodeInPieces(
  endpoints: readonly Endpoint[],
  toUpdate: (piece: readonly Endpoint[]) => Update['update'],
): Uint8Array[] {
  const bytes = Update.encode({ update: toUpdate(endpoints) }).finish();
  if (bytes.length <= maxUpdateBytes || endpoints.length === 1) return [bytes];
  const middle = Math.ceil(endpoints.length / 2);
  return [
    ...encodeInPieces(endpoints.slice(0, middle), toUpdate),
    ...encodeInPieces(endpoints.slice(middle), toUpdate),
  ];
}
