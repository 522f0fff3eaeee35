import type { EndpointRule } from '../core/endpoint-explanation.js';
import type { EndpointPart } from '../core/endpoint-part.js';
import { type EndpointSet, endpointSetsEqual } from '../core/endpoint-set.js';
import type { ServiceId } from '../core/ids.js';
import { repeatedIn } from '../core/repeated-addresses.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import { preferIpv6 } from './dual-stack.js';
import type { EndpointParts, Filter } from './endpoint-parts.js';
import { chooseRule, type ClientPlace, filterOf, type Reach } from './endpoint-rule.js';
import { noOffer, type Offer, type Offers } from './offers.js';
import type { ServiceRow } from './rows.js';
import type { MeshTables } from './tables.js';
import { type TargetPort, targetPort } from './target-port.js';

/** What a client asks for. */
export interface Destination {
  readonly service: ServiceId;
  readonly port: number;
  /** One instance of a StatefulSet's service. */
  readonly hostname: string | undefined;
}

/** A destination as seen by a group of clients, who share the set and its encoding. */
export interface EndpointsKey extends Destination, ClientPlace {}

export type Endpoints = View<EndpointsKey, EndpointSet>;

/** What the endpoints of destinations are put together from. */
export interface EndpointSources {
  readonly tables: MeshTables;
  readonly offers: Offers;
  readonly parts: EndpointParts;
}

/** The endpoints of each destination, for each group of clients. */
export function createEndpoints(engine: Engine, sources: EndpointSources): Endpoints {
  const { tables } = sources;
  return new View<EndpointsKey, EndpointSet>(engine, {
    name: 'endpoints',
    id: (key) => `${destinationId(key)}|${key.zone ?? ''}|${reachId(key.reach)}`,
    equal: endpointSetsEqual,
    derive(read, key, before) {
      const [namespace = '', name = ''] = key.service.split('/');
      const service = read.get(tables.services, key.service);
      const gathered = service === undefined ? undefined : gather(read, sources, service, key);
      const { offer, parts: passing } = gathered ?? nothing;
      const parts = offer.hasIpv6 ? preferIpv6(passing) : passing;
      return {
        service: { namespace, name },
        exists: service !== undefined,
        clientZone: key.zone,
        remote: offer.remote,
        parts,
        repeated: repeatedIn(parts, before),
        triggeredAtMs: offer.triggeredAtMs,
      };
    },
  });
}

/** What there is to tell a group of clients of a service, before one address family of dual-stack pods is left out. */
export interface Gathered {
  readonly target: TargetPort;
  readonly offer: Offer;
  readonly rule: EndpointRule;
  readonly filter: Filter;
  /** The candidates that pass the filter. */
  readonly parts: readonly EndpointPart[];
}

export function gather(
  read: Reader,
  { offers, parts }: EndpointSources,
  service: ServiceRow,
  { port, hostname, zone, reach }: EndpointsKey,
): Gathered {
  const target = targetPort(service, port);
  const offer =
    service.type === 'ExternalName' ? noOffer : read.view(offers, { service: service.id, target, hostname });
  const rule = chooseRule(offer.hints, { zone, reach });
  const filter = filterOf(rule);
  const passing =
    filter.kind === 'all'
      ? offer.parts
      : offer.objects.map((backends) => read.view(parts, { backends, target, hostname, filter }));
  return { target, offer, rule, filter, parts: passing };
}

const nothing: Pick<Gathered, 'offer' | 'parts'> = { offer: noOffer, parts: noOffer.parts };

export function destinationId({ service, port, hostname }: Destination): string {
  return `${service}|${port}|${hostname ?? ''}`;
}

function reachId(reach: Reach): string {
  return reach.kind === 'node' ? `node|${reach.node ?? ''}` : reach.kind;
}
