import type { EndpointRule } from '../core/endpoint-explanation.js';
import type { EndpointPart } from '../core/endpoint-part.js';
import { type EndpointSet, endpointSetsEqual, type RemoteService } from '../core/endpoint-set.js';
import type { BackendsId, ServiceId } from '../core/ids.js';
import { repeatedIn } from '../core/repeated-addresses.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { CandidatePart, Candidates } from './candidates.js';
import { preferIpv6 } from './dual-stack.js';
import type { EndpointParts, Filter } from './endpoint-parts.js';
import { chooseRule, type ClientPlace, filterOf, type Reach } from './endpoint-rule.js';
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
  readonly candidates: Candidates;
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
      const { offered, parts: passing, hasIpv6 } = gathered ?? nothing;
      const parts = hasIpv6 ? preferIpv6(passing) : passing;
      return {
        service: { namespace, name },
        exists: service !== undefined,
        clientZone: key.zone,
        remote: remoteService(offered),
        parts,
        repeated: repeatedIn(parts, before),
        triggeredAtMs: latestTrigger(offered),
      };
    },
  });
}

/** What there is to tell a group of clients of a service, before one address family of dual-stack pods is left out. */
export interface Gathered {
  readonly target: TargetPort;
  /** The objects that declare backends for the service, in order. */
  readonly objects: readonly BackendsId[];
  /** What each of them has to offer. */
  readonly offered: readonly CandidatePart[];
  readonly rule: EndpointRule;
  readonly filter: Filter;
  /** The candidates that pass the filter. */
  readonly parts: readonly EndpointPart[];
  readonly hasIpv6: boolean;
}

export function gather(
  read: Reader,
  { tables, candidates, parts }: EndpointSources,
  service: ServiceRow,
  { port, hostname, zone, reach }: EndpointsKey,
): Gathered {
  const target = targetPort(service, port);
  const objects = service.type === 'ExternalName' ? [] : read.keys(tables.backendsByService, service.id);
  const offered = objects.map((backends) => read.view(candidates, { backends, target, hostname }));
  const rule = chooseRule(offered, { zone, reach });
  const filter = filterOf(rule);
  const passing =
    filter.kind === 'all'
      ? offered.map(({ endpoints }) => endpoints)
      : objects.map((backends) => read.view(parts, { backends, target, hostname, filter }));
  const hasIpv6 = offered.some((part) => part.hasIpv6);
  return { target, objects, offered, rule, filter, parts: passing, hasIpv6 };
}

const nothing: Pick<Gathered, 'offered' | 'parts' | 'hasIpv6'> = { offered: [], parts: [], hasIpv6: false };

/** The other cluster's service, as the first object that tells of one has it. */
function remoteService(offered: readonly CandidatePart[]): RemoteService | undefined {
  const mirror = offered.find((part) => part.mirror?.cluster !== undefined)?.mirror;
  if (mirror?.cluster === undefined) return undefined;
  const [name, namespace] = mirror.remoteService?.split('.') ?? [];
  return {
    cluster: mirror.cluster,
    service: name === undefined || namespace === undefined ? undefined : { namespace, name },
  };
}

function latestTrigger(offered: readonly CandidatePart[]): number | undefined {
  let latest: number | undefined;
  for (const { triggeredAtMs } of offered) {
    if (triggeredAtMs !== undefined && (latest === undefined || triggeredAtMs > latest))
      latest = triggeredAtMs;
  }
  return latest;
}

export function destinationId({ service, port, hostname }: Destination): string {
  return `${service}|${port}|${hostname ?? ''}`;
}

function reachId(reach: Reach): string {
  return reach.kind === 'node' ? `node|${reach.node ?? ''}` : reach.kind;
}
