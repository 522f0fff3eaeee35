import { changedRange } from '../core/changed-range.js';
import type { EndpointPart } from '../core/endpoint-part.js';
import type { RemoteService } from '../core/endpoint-set.js';
import { arraysEqual, plainEqual } from '../core/equal.js';
import type { BackendsId, ServiceId, Zone } from '../core/ids.js';
import { ListAfter } from '../core/list-after.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { CandidatePart, Candidates } from './candidates.js';
import type { Hints } from './endpoint-rule.js';
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
  readonly hints: Hints;
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
      const list = offered.finish();
      return { objects, ...(summaryAfter(before, list) ?? summaryOf(list, before.parts)) };
    },
    equal: (a, b) => a.offered === b.offered && arraysEqual(a.objects, b.objects),
  });
}

const noZones: ReadonlySet<Zone> = new Set();

export const noOffer: Offer = {
  objects: [],
  offered: [],
  parts: [],
  hints: { areComplete: true, zones: noZones },
  hasIpv6: false,
  remote: undefined,
  triggeredAtMs: undefined,
};

type Summary = Omit<Offer, 'objects'>;

/** The summary where objects have changed in their places, and nothing that has to be known of all of them at once. */
function summaryAfter(before: Offer, offered: readonly CandidatePart[]): Summary | undefined {
  if (before.offered.length !== offered.length) return undefined;
  const { start, end } = changedRange(offered, before.offered);
  const parts = before.parts.slice();
  let { triggeredAtMs } = before;
  for (let place = start; place < end; place++) {
    const part = offered[place];
    const former = before.offered[place];
    if (part === undefined || former === undefined || !isSummedUpAlike(part, former)) return undefined;
    if (isLater(former.triggeredAtMs, part.triggeredAtMs)) return undefined;
    if (isLater(part.triggeredAtMs, triggeredAtMs)) ({ triggeredAtMs } = part);
    parts[place] = part.endpoints;
  }
  const { hints, hasIpv6, remote } = before;
  return { offered, parts, hints, hasIpv6, remote, triggeredAtMs };
}

function isSummedUpAlike(a: CandidatePart, b: CandidatePart): boolean {
  return a.hints === b.hints && a.hasIpv6 === b.hasIpv6 && plainEqual(a.mirror, b.mirror);
}

function summaryOf(offered: readonly CandidatePart[], partsBefore: readonly EndpointPart[]): Summary {
  const parts = new ListAfter(partsBefore);
  let areComplete = true;
  let zones: Set<Zone> | undefined;
  let hasIpv6 = false;
  let remote: RemoteService | undefined;
  let triggeredAtMs: number | undefined;
  for (const part of offered) {
    parts.push(part.endpoints);
    areComplete &&= part.hints.areComplete;
    if (part.hints.zones.size > 0) zones = new Set([...(zones ?? noZones), ...part.hints.zones]);
    hasIpv6 ||= part.hasIpv6;
    remote ??= remoteService(part);
    if (isLater(part.triggeredAtMs, triggeredAtMs)) ({ triggeredAtMs } = part);
  }
  const hints = { areComplete, zones: zones ?? noZones };
  return { offered, parts: parts.finish(), hints, hasIpv6, remote, triggeredAtMs };
}

function isLater(oneMs: number | undefined, otherMs: number | undefined): boolean {
  return oneMs !== undefined && (otherMs === undefined || oneMs > otherMs);
}

function remoteService({ mirror }: CandidatePart): RemoteService | undefined {
  if (mirror?.cluster === undefined) return undefined;
  const [name, namespace] = mirror.remoteService?.split('.') ?? [];
  return {
    cluster: mirror.cluster,
    service: name === undefined || namespace === undefined ? undefined : { namespace, name },
  };
}
