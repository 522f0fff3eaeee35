import { changedRange, type Range } from '../core/changed-range.js';
import { type Endpoint, endpointsEqual, isIpv6 } from '../core/endpoint.js';
import { arraysEqual, plainEqual } from '../core/equal.js';
import type { Exclusion } from '../core/exclusion.js';
import type { NodeName, Zone } from '../core/ids.js';
import { InOrder } from '../core/in-order.js';
import { ListAfter } from '../core/list-after.js';
import type { Reader } from '../engine/reader.js';
import type { ExternalWorkloads, KnownExternalWorkload } from './external-workloads.js';
import type { Backend, BackendsRow, Mirror } from './rows.js';
import { resolveTargetPort, type TargetPort } from './target-port.js';
import {
  bareEndpoint,
  type EndpointOptions,
  externalWorkloadEndpoint,
  gatewayEndpoint,
  type Place,
  podEndpoint,
} from './workload-endpoint.js';
import type { KnownPod, Workloads } from './workloads.js';

/** An endpoint that can take traffic, and what decides whose. */
export interface Candidate {
  readonly kind: 'candidate';
  readonly endpoint: Endpoint;
  readonly isIpv6: boolean;
  /** Where its pod runs; undefined for anything but a pod. */
  readonly nodeName: NodeName | undefined;
  /** The zones whose clients it is meant for; undefined without hints. */
  readonly forZones: readonly Zone[] | undefined;
}

/** What can be said of the workloads behind addresses, and how. */
export interface Judging {
  readonly workloads: Workloads;
  readonly externalWorkloads: ExternalWorkloads;
  readonly options: EndpointOptions;
}

/** What is asked of an object's backends. */
export interface Question {
  readonly row: BackendsRow;
  readonly target: TargetPort;
  /** The one instance that is asked for. */
  readonly hostname: string | undefined;
}

/** What a backend is at one moment: a candidate, or why it must get no traffic, and all that this follows from. */
export interface Judgement {
  readonly backend: Backend;
  /** 0 where it can't be told. */
  readonly port: number;
  readonly mirror: Mirror | undefined;
  /** What is known of the workload behind it; undefined where nothing is, or nobody looked. */
  readonly occupant: Occupant | undefined;
  readonly verdict: Candidate | Exclusion;
}

type Occupant = KnownPod | KnownExternalWorkload;

/** The judgements on all backends of an object, in order, and what has to be known of them for the next time. */
export interface Judged {
  readonly row: BackendsRow;
  readonly judgements: readonly Judgement[];
  /** Whether each came of one read of its own, in order, from this number of the derivation's reads on. */
  readonly readsFrom: number | undefined;
}

/**
 * Judges each backend of an object, in order. Judgements of `before`, which must be on the same question about an earlier row,
 * are taken over where they follow from the same, and so is the list of them: of a hundred backends one has changed, mostly,
 * and the others are passed over without being looked at.
 */
export function judge(
  read: Reader,
  judging: Judging,
  { row, target, hostname }: Question,
  before?: Judged,
): Judged {
  const former = new InOrder(before?.judgements ?? none, addressOf);
  const judgements = new ListAfter(before?.judgements ?? none);
  const { mirror } = row;
  const firstRead = read.count;
  const changed = before?.readsFrom === firstRead ? changedInPlace(row, before.row) : undefined;
  let judged = 0;
  for (const group of row.groups) {
    const { backends } = group;
    const port = resolveTargetPort(target, group) ?? 0;
    for (let place = 0; place < backends.length; place++) {
      const same = changed === undefined ? 0 : sameFrom(place, changed, backends.length);
      const standing = same === 0 ? 0 : read.standing(firstRead + place, same);
      if (standing > 0) {
        judgements.keep(standing);
        former.pass(standing);
        judged += standing;
        place += standing - 1;
        continue;
      }
      const backend = backends[place];
      if (backend === undefined) continue;
      judged += 1;
      const known = nextOf(former, backend) ?? former.find(backend.ip);
      const isSame =
        known !== undefined && known.backend === backend && known.port === port && known.mirror === mirror;
      if (isSame && known.occupant !== undefined && read.repeats(known.occupant)) {
        judgements.push(known);
        continue;
      }
      const isAsked = port !== 0 && (hostname === undefined || backend.hostname === hostname);
      const occupant = isAsked && backend.ready ? occupantOf(read, judging, backend) : undefined;
      if (isSame && known.occupant === occupant) {
        judgements.push(known);
        continue;
      }
      const verdict = isAsked
        ? judgeBackend({ backend, port, mirror, occupant }, target.port, judging.options)
        : notAsked(backend, port, target);
      judgements.push({ backend, port, mirror, occupant, verdict: takenOver(known?.verdict, verdict) });
    }
  }
  const readsFrom = read.count - firstRead === judged ? firstRead : undefined;
  return { row, judgements: judgements.finish(), readsFrom };
}

/**
 * Which backends of a row aren't those that an earlier one has in the same places, where all else that their judgements depend
 * on, beside the workloads, is the same; undefined where it isn't.
 */
function changedInPlace(row: BackendsRow, before: BackendsRow): Range | undefined {
  const [group, ...others] = row.groups;
  const [former, ...formerOthers] = before.groups;
  if (group === undefined || former === undefined || others.length > 0 || formerOthers.length > 0)
    return undefined;
  if (group.backends.length !== former.backends.length) return undefined;
  if (row.mirror !== before.mirror || !plainEqual(group.ports, former.ports)) return undefined;
  return changedRange(group.backends, former.backends);
}

/** How many backends from this place on are those of the earlier row, without a break. */
function sameFrom(place: number, changed: Range, backends: number): number {
  if (place < changed.start) return changed.start - place;
  return place < changed.end ? 0 : backends - place;
}

/** The next judgement where it is on this very backend, which is not looked into. */
function nextOf(former: InOrder<Judgement>, backend: Backend): Judgement | undefined {
  const { next } = former;
  if (next?.backend !== backend) return undefined;
  former.pass();
  return next;
}

function addressOf({ backend }: Judgement): string {
  return backend.ip;
}

function notAsked({ hostname }: Backend, port: number, target: TargetPort): Exclusion {
  if (port !== 0) return { kind: 'other-instance', hostname };
  return target.kind === 'named' ? { kind: 'port-name-absent', portName: target.name } : noPorts;
}

function occupantOf(
  read: Reader,
  { workloads, externalWorkloads }: Judging,
  { target }: Backend,
): Occupant | undefined {
  switch (target.kind) {
    case 'Pod':
      return read.view(workloads, target.id);
    case 'ExternalWorkload':
      return read.view(externalWorkloads, target.id);
    case 'Address':
    case 'Other':
      return undefined;
  }
}

/** Traffic is kept from a workload that isn't known (yet, or any more): its identity could only be told wrong. */
function judgeBackend(
  { backend, port, mirror, occupant }: Omit<Judgement, 'verdict'>,
  askedPort: number,
  options: EndpointOptions,
): Candidate | Exclusion {
  if (!backend.ready) return notReady;
  const { ip, zone, target, forZones } = backend;
  const place: Place = { ip, port, zone };
  switch (target.kind) {
    case 'Address':
      return candidate(mirroredEndpoint(place, mirror, askedPort, options), undefined, forZones);
    case 'Pod':
    case 'ExternalWorkload':
      if (occupant === undefined) return { kind: 'workload-unknown', workload: target };
      if (target.uid !== undefined && target.uid !== occupant.uid) {
        return { kind: 'workload-replaced', workload: target, meantUid: target.uid, uid: occupant.uid };
      }
      return occupant.kind === 'Pod'
        ? candidate(podEndpoint(place, occupant, options), occupant.nodeName, forZones)
        : candidate(externalWorkloadEndpoint(place, occupant, options), undefined, forZones);
    case 'Other':
      return { kind: 'target-unsupported', targetKind: target.targetKind };
  }
}

function candidate(
  endpoint: Endpoint,
  nodeName: NodeName | undefined,
  forZones: readonly Zone[] | undefined,
): Candidate {
  return { kind: 'candidate', endpoint, isIpv6: isIpv6(endpoint), nodeName, forZones };
}

function mirroredEndpoint(
  place: Place,
  mirror: Mirror | undefined,
  askedPort: number,
  options: EndpointOptions,
): Endpoint {
  const { remoteService, gatewayIdentity: identity } = mirror ?? {};
  if (remoteService === undefined && identity === undefined) return bareEndpoint(place);
  const authority = remoteService === undefined ? undefined : `${remoteService}:${askedPort}`;
  return gatewayEndpoint(place, { authority, identity }, options);
}

const notReady: Exclusion = { kind: 'not-ready' };
const noPorts: Exclusion = { kind: 'no-ports' };

/** The former verdict where it says the same, so that whoever compares finds the same object. */
function takenOver(
  former: Candidate | Exclusion | undefined,
  verdict: Candidate | Exclusion,
): Candidate | Exclusion {
  return former?.kind === 'candidate' &&
    verdict.kind === 'candidate' &&
    former.nodeName === verdict.nodeName &&
    (former.forZones === verdict.forZones ||
      (former.forZones !== undefined &&
        verdict.forZones !== undefined &&
        arraysEqual(former.forZones, verdict.forZones))) &&
    endpointsEqual(former.endpoint, verdict.endpoint)
    ? former
    : verdict;
}

const none: readonly never[] = [];
