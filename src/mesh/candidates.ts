import { changedRange, type Range } from '../core/changed-range.js';
import { type AddressKey, type Endpoint, endpointKey, sameAddress } from '../core/endpoint.js';
import { EndpointPart } from '../core/endpoint-part.js';
import { plainEqual } from '../core/equal.js';
import type { BackendsId, Zone } from '../core/ids.js';
import { ListAfter } from '../core/list-after.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import type { Hints } from './endpoint-rule.js';
import { type Candidate, judge, type Judged, type Judgement, type Judging } from './judge.js';
import type { Mirror } from './rows.js';
import type { MeshTables } from './tables.js';
import { sameTargetPort, type TargetPort, targetPortId } from './target-port.js';

/** One object's backends, asked for one port and, for a StatefulSet's instance, one hostname. */
export interface CandidatesKey {
  readonly backends: BackendsId;
  readonly target: TargetPort;
  readonly hostname: string | undefined;
}

/** What one object has to offer, and what has to be known of all that it offers at once. */
export interface CandidatePart {
  /** In order, no address twice. */
  readonly candidates: readonly Candidate[];
  /** The endpoints of all of them. */
  readonly endpoints: EndpointPart;
  readonly hints: Hints;
  readonly hasIpv6: boolean;
  readonly mirror: Mirror | undefined;
  /** As in `BackendsRow`. */
  readonly triggeredAtMs: number | undefined;
  /** What it follows from, for the next time. */
  readonly judged: Judged | undefined;
}

/** What each object that declares backends has to offer, before any client's place is looked at. */
export type Candidates = View<CandidatesKey, CandidatePart>;

export function createCandidates(engine: Engine, tables: MeshTables, judging: Judging): Candidates {
  return new View<CandidatesKey, CandidatePart>(engine, {
    name: 'candidates',
    id: candidatesId,
    sameKey: sameCandidatesKey,
    derive(read, { backends, target, hostname }, before) {
      const row = read.get(tables.backends, backends);
      const judged =
        row === undefined ? undefined : judge(read, judging, { row, target, hostname }, before?.judged);
      const judgements = judged?.judgements ?? none;
      const former = before?.candidates ?? none;
      const among = candidatesAfter(before, judgements) ?? candidatesAmong(judgements, former);
      const candidates = withoutRepeats(among, former);
      const offer = offerAfter(before, candidates, among) ?? offerOf(backends, candidates);
      const { endpoints, hints, hasIpv6 } = offer;
      const { mirror, triggeredAtMs } = row ?? noRow;
      return { candidates, endpoints, hints, hasIpv6, mirror, triggeredAtMs, judged };
    },
    equal: (a, b) =>
      a.candidates === b.candidates && a.triggeredAtMs === b.triggeredAtMs && plainEqual(a.mirror, b.mirror),
  });
}

export function candidatesId({ backends, target, hostname = '' }: CandidatesKey): string {
  return `${backends}|${targetPortId(target)}|${hostname}`;
}

export function sameCandidatesKey(a: CandidatesKey, b: CandidatesKey): boolean {
  return a.backends === b.backends && a.hostname === b.hostname && sameTargetPort(a.target, b.target);
}

/** The candidates among judgements, an address as often as it comes. */
interface Among {
  readonly all: readonly Candidate[];
  /** Outside of this range they are the candidates of the last time, as `changedRange` has it. */
  readonly changed: Range;
}

function candidatesAmong(judgements: readonly Judgement[], before: readonly Candidate[]): Among {
  const candidates = new ListAfter(before);
  for (const { verdict } of judgements) if (verdict.kind === 'candidate') candidates.push(verdict);
  const all = candidates.finish();
  return { all, changed: changedRange(all, before) };
}

/** The same where every backend was a candidate and is one: those whose judgement stays are not looked at. */
function candidatesAfter(
  before: CandidatePart | undefined,
  judgements: readonly Judgement[],
): Among | undefined {
  if (before === undefined) return undefined;
  const former = before.judged?.judgements ?? none;
  if (former === judgements) return { all: before.candidates, changed: nowhere };
  if (before.candidates.length !== former.length) return undefined;
  if (former.length !== judgements.length) return undefined;
  const changed = changedRange(judgements, former);
  let candidates: Candidate[] | undefined;
  for (let place = changed.start; place < changed.end; place++) {
    const verdict = judgements[place]?.verdict;
    if (verdict?.kind !== 'candidate') return undefined;
    if (verdict === before.candidates[place]) continue;
    candidates ??= before.candidates.slice();
    candidates[place] = verdict;
  }
  return { all: candidates ?? before.candidates, changed };
}

/** Of two with the same address the later counts. `before`, in which none is repeated, where nothing differs from it. */
function withoutRepeats({ all, changed }: Among, before: readonly Candidate[]): readonly Candidate[] {
  if (all === before || !mayRepeat(all, before, changed)) return all;
  const byAddress = new Map<AddressKey, Candidate>();
  for (const candidate of all) byAddress.set(endpointKey(candidate.endpoint), candidate);
  return byAddress.size === all.length ? all : [...byAddress.values()];
}

/**
 * Whether some may have the same address. What stands outside of the range stood in `before`, where none do, and so did an
 * address that stands where it stood.
 */
function mayRepeat(all: readonly Candidate[], before: readonly Candidate[], { start, end }: Range): boolean {
  if (all.length !== before.length) return end - start > 1 || isRepeated(all, start);
  for (let place = start; place < end; place++) {
    if (!haveSameAddress(all[place], before[place])) return true;
  }
  return false;
}

/** Whether another one has the address of the candidate at `place`. */
function isRepeated(all: readonly Candidate[], place: number): boolean {
  const candidate = all[place];
  for (let other = 0; other < all.length; other++) {
    if (other !== place && haveSameAddress(all[other], candidate)) return true;
  }
  return false;
}

function haveSameAddress(a: Candidate | undefined, b: Candidate | undefined): boolean {
  return a !== undefined && b !== undefined && sameAddress(a.endpoint, b.endpoint);
}

type OwnOffer = Pick<CandidatePart, 'endpoints' | 'hints' | 'hasIpv6'>;

/** The offer where candidates have changed in their places, and nothing that has to be known of all of them at once. */
function offerAfter(
  before: CandidatePart | undefined,
  candidates: readonly Candidate[],
  { all, changed: { start, end } }: Among,
): OwnOffer | undefined {
  if (before === undefined || before.candidates === candidates) return before;
  if (all !== candidates || before.candidates.length !== candidates.length) return undefined;
  const endpoints = before.endpoints.endpoints.slice();
  for (let place = start; place < end; place++) {
    const candidate = candidates[place];
    const former = before.candidates[place];
    if (candidate === undefined || former === undefined || !haveSameClients(candidate, former))
      return undefined;
    endpoints[place] = candidate.endpoint;
  }
  const { hints, hasIpv6 } = before;
  return { endpoints: new EndpointPart(before.endpoints.source, endpoints), hints, hasIpv6 };
}

function haveSameClients(a: Candidate, b: Candidate): boolean {
  return a.isIpv6 === b.isIpv6 && plainEqual(a.forZones, b.forZones);
}

function offerOf(source: BackendsId, candidates: readonly Candidate[]): OwnOffer {
  const endpoints: Endpoint[] = [];
  let zones: Set<Zone> | undefined;
  let areComplete = true;
  let hasIpv6 = false;
  for (const { endpoint, forZones, isIpv6 } of candidates) {
    endpoints.push(endpoint);
    hasIpv6 ||= isIpv6;
    if (forZones === undefined) {
      areComplete = false;
      continue;
    }
    zones ??= new Set();
    for (const each of forZones) zones.add(each);
  }
  return {
    endpoints: new EndpointPart(source, endpoints),
    hints: { areComplete, zones: zones ?? noZones },
    hasIpv6,
  };
}

const noZones: ReadonlySet<Zone> = new Set();
const noRow = { mirror: undefined, triggeredAtMs: undefined };
const none: readonly never[] = [];
const nowhere: Range = { start: 0, end: 0 };
