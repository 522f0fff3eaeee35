import type { EndpointPart } from '../core/endpoint-part.js';
import type { RemoteService } from '../core/endpoint-set.js';
import { arraysEqual } from '../core/equal.js';
import type { BackendsId, ServiceId } from '../core/ids.js';
import { ListAfter } from '../core/list-after.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { CandidatePart, Candidates } from './candidates.js';
import type { MeshTables } from './tables.js';
import { sameTargetPort, type TargetPort, targetPortId } from './target-port.js';

/** A service, asked for one port and, where it is a StatefulSet's, one instance. */
export interface OfferKey {
  readonly service: ServiceId;
  readonly target: TargetPort;
  readonly hostname: string | undefined;
}

/** What all objects that declare backends for a service have to offer, before any client's place is looked at. */
export interface Offer {
  /** In order. */
  readonly objects: readonly BackendsId[];
  /** What each of them has to offer. */
  readonly offered: readonly CandidatePart[];
  /** The endpoints of each. */
  readonly parts: readonly EndpointPart[];
  readonly hasIpv6: boolean;
  /** The other cluster's service, as the first object that tells of one has it. */
  readonly remote: RemoteService | undefined;
  /** The latest of all objects, as in `BackendsRow`. */
  readonly triggeredAtMs: number | undefined;
}

/** The offers of services, which clients of all zones have in common. */
export type Offers = View<OfferKey, Offer>;

export function createOffers(engine: Engine, tables: MeshTables, candidates: Candidates): Offers {
  return new View<OfferKey, Offer>(engine, {
    name: 'offers',
    id: ({ service, target, hostname = '' }) => `${service}|${targetPortId(target)}|${hostname}`,
    sameKey: (a, b) =>
      a.service === b.service && a.hostname === b.hostname && sameTargetPort(a.target, b.target),
    derive(read, { service, target, hostname }, before = noOffer) {
      const objects = read.keys(tables.backendsByService, service);
      const firstRead = read.count;
      const offered = new ListAfter(before.offered);
      const areSame = objects === before.objects;
      for (let place = 0; place < objects.length; place++) {
        // Each has one read of its own: of many objects one has changed, mostly, and the others aren't looked at.
        const standing = areSame ? read.standing(firstRead + place, objects.length - place) : 0;
        if (standing > 0) {
          offered.keep(standing);
          place += standing - 1;
          continue;
        }
        const backends = objects[place];
        if (backends === undefined) continue;
        const former = before.objects[place] === backends ? before.offered[place] : undefined;
        const isSame = former !== undefined && read.repeats(former);
        offered.push(isSame ? former : read.view(candidates, { backends, target, hostname }));
      }
      return { objects, ...summaryOf(offered.finish(), before.parts) };
    },
    equal: (a, b) => a.offered === b.offered && arraysEqual(a.objects, b.objects),
  });
}

export const noOffer: Offer = {
  objects: [],
  offered: [],
  parts: [],
  hasIpv6: false,
  remote: undefined,
  triggeredAtMs: undefined,
};

function summaryOf(
  offered: readonly CandidatePart[],
  partsBefore: readonly EndpointPart[],
): Omit<Offer, 'objects'> {
  const parts = new ListAfter(partsBefore);
  let hasIpv6 = false;
  let remote: RemoteService | undefined;
  let triggeredAtMs: number | undefined;
  for (const part of offered) {
    parts.push(part.endpoints);
    hasIpv6 ||= part.hasIpv6;
    remote ??= remoteService(part);
    if (part.triggeredAtMs !== undefined && part.triggeredAtMs > (triggeredAtMs ?? Number.NEGATIVE_INFINITY))
      triggeredAtMs = part.triggeredAtMs;
  }
  return { offered, parts: parts.finish(), hasIpv6, remote, triggeredAtMs };
}

function remoteService({ mirror }: CandidatePart): RemoteService | undefined {
  if (mirror?.cluster === undefined) return undefined;
  const [name, namespace] = mirror.remoteService?.split('.') ?? [];
  return {
    cluster: mirror.cluster,
    service: name === undefined || namespace === undefined ? undefined : { namespace, name },
  };
}
