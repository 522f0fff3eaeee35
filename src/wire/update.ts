import type { Endpoint } from '../core/endpoint.js';
import { diffEndpointSets, type EndpointSet, endpointsOf } from '../core/endpoint-set.js';
import type { Http2ClientParams } from '../core/http2-params.js';
import { Update } from '../gen/io/linkerd/proxy/destination/destination.js';
import { toTcpAddress } from './address.js';
import { encodeMessage } from './encode-message.js';
import { type Audience, toWeightedAddr } from './endpoint.js';
import { toHttp2ClientParams } from './http2-params.js';

/**
 * Largest message of an update, in bytes. Clients refuse more than 4 MiB (tonic's default); well below it, a large set
 * arrives in pieces that a proxy can act on one by one.
 */
export const maxUpdateBytes = 1 << 20;

export interface UpdateEncoder {
  /** The messages that open a stream: the whole set, or that there is none. Encoded, in order, at least one. */
  snapshot(set: EndpointSet): readonly Uint8Array[];
  /**
   * The messages that take a client from one set to another: additions first, so that it never has fewer endpoints than
   * both sets have in common, then removals. None where nothing differs on the wire.
   *
   * That the service itself is gone is said by `no_endpoints{exists: false}` after the removals; that it is back, with
   * nothing to add, by `no_endpoints{exists: true}`.
   */
  delta(told: EndpointSet, latest: EndpointSet): readonly Uint8Array[];
}

/** `params` are for connections to endpoints with a proxy; undefined: the clients' own defaults. */
export function createUpdateEncoder(params: Http2ClientParams | undefined): UpdateEncoder {
  const http2 = params === undefined ? undefined : toHttp2ClientParams(params);

  function encodeAdd(set: EndpointSet, endpoints: readonly Endpoint[]): Uint8Array[] {
    const labels = setLabels(set);
    const audience: Audience = { kind: 'balancer', zone: set.clientZone };
    return encodeInPieces(endpoints, (piece) => ({
      $case: 'add',
      value: {
        addrs: piece.map((endpoint) => toWeightedAddr(endpoint, audience, http2)),
        metricLabels: labels,
      },
    }));
  }

  return {
    snapshot(set) {
      const endpoints = [...endpointsOf(set).values()];
      return endpoints.length === 0 ? [encodeNoEndpoints(set.exists)] : encodeAdd(set, endpoints);
    },
    delta(told, latest) {
      const { added, removed } = diffEndpointSets(told, latest);
      const messages: Uint8Array[] = [];
      if (added.length > 0) messages.push(...encodeAdd(latest, added));
      if (removed.length > 0) messages.push(...encodeRemove(removed));
      if (told.exists !== latest.exists && added.length === 0) {
        messages.push(encodeNoEndpoints(latest.exists));
      }
      return messages;
    },
  };
}

/** The labels that all endpoints of a set have in common, by Linkerd's names. */
function setLabels({ service, remote }: EndpointSet): Map<string, string> {
  const labels = new Map([
    ['namespace', service.namespace],
    ['service', service.name],
  ]);
  if (remote === undefined) return labels;
  labels.set('target_cluster', remote.cluster);
  if (remote.service === undefined) return labels;
  labels.set('target_service', remote.service.name);
  labels.set('target_service_namespace', remote.service.namespace);
  return labels;
}

function encodeRemove(endpoints: readonly Endpoint[]): Uint8Array[] {
  return encodeInPieces(endpoints, (piece) => ({
    $case: 'remove',
    value: { addrs: piece.map(({ ip, port }) => toTcpAddress(ip, port)) },
  }));
}

function encodeNoEndpoints(exists: boolean): Uint8Array {
  return encodeMessage(Update, { update: { $case: 'noEndpoints', value: { exists } } });
}

/** Encodes as one message, or as as many halves as it takes for each to stay below the limit. */
function encodeInPieces(
  endpoints: readonly Endpoint[],
  toUpdate: (piece: readonly Endpoint[]) => Update['update'],
): Uint8Array[] {
  const bytes = encodeMessage(Update, { update: toUpdate(endpoints) });
  if (bytes.length <= maxUpdateBytes || endpoints.length === 1) return [bytes];
  const middle = Math.ceil(endpoints.length / 2);
  return [
    ...encodeInPieces(endpoints.slice(0, middle), toUpdate),
    ...encodeInPieces(endpoints.slice(middle), toUpdate),
  ];
}
