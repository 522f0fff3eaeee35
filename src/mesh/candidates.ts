import { changedRange, type Range } from '../core/changed-range.js';
import { type AddressKey, endpointKey, isIpv6, sameAddress } from '../core/endpoint.js';
import { EndpointPart } from '../core/endpoint-part.js';
import { plainEqual } from '../core/equal.js';
import type { BackendsId, Zone } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import { type Candidate, judge, type Judgement, type Judging } from './judge.js';
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
  /** Whether every one has hints. */
  readonly isHinted: boolean;
  /** All zones that some are meant for. */
  readonly hintedZones: ReadonlySet<Zone>;
  readonly hasIpv6: boolean;
  readonly mirror: Mirror | undefined;
  /** As in `BackendsRow`. */
  readonly triggeredAtMs: number | undefined;
  /** What it follows from, for the next time. */
  readonly judgements: readonly Judgement[];
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
      const judgements =
        row === undefined ? none : judge(read, judging, { row, target, hostname }, before?.judgements);
      const all: Candidate[] = [];
      for (const { verdict } of judgements) if (verdict.kind === 'candidate') all.push(verdict);
      const candidates = withoutRepeats(all, before?.candidates ?? none);
      const offer = before?.candidates === candidates ? before : offerOf(backends, candidates);
      const { endpoints, isHinted, hintedZones, hasIpv6 } = offer;
      const { mirror, triggeredAtMs } = row ?? noRow;
      return { candidates, endpoints, isHinted, hintedZones, hasIpv6, mirror, triggeredAtMs, judgements };
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

/** Of two with the same address the later counts. `before`, in which none is repeated, where nothing differs from it. */
function withoutRepeats(all: readonly Candidate[], before: readonly Candidate[]): readonly Candidate[] {
  const { start, end } = changedRange(all, before);
  if (start === end && all.length === before.length) return before;
  // What stands outside of the range stood in `before`, where no two have the same address.
  if (end - start <= maxScans && !isAnyRepeated(all, { start, end })) return all;
  const byAddress = new Map<AddressKey, Candidate>();
  for (const candidate of all) byAddress.set(endpointKey(candidate.endpoint), candidate);
  return byAddress.size === all.length ? all : [...byAddress.values()];
}

/** For a few it takes less time to go through all than to make an index of them. */
const maxScans = 4;

function isAnyRepeated(all: readonly Candidate[], { start, end }: Range): boolean {
  for (let at = start; at < end; at++) {
    const candidate = all[at];
    if (candidate === undefined) continue;
    const isRepeated = all.some(
      (other, otherAt) => otherAt !== at && sameAddress(other.endpoint, candidate.endpoint),
    );
    if (isRepeated) return true;
  }
  return false;
}

type Offer = Pick<CandidatePart, 'endpoints' | 'isHinted' | 'hintedZones' | 'hasIpv6'>;

function offerOf(source: BackendsId, candidates: readonly Candidate[]): Offer {
  const hintedZones = new Set<Zone>();
  let isHinted = true;
  let hasIpv6 = false;
  for (const { forZones, endpoint } of candidates) {
    if (forZones === undefined) isHinted = false;
    else for (const each of forZones) hintedZones.add(each);
    hasIpv6 ||= isIpv6(endpoint);
  }
  const endpoints = new EndpointPart(
    source,
    candidates.map(({ endpoint }) => endpoint),
  );
  return { endpoints, isHinted, hintedZones, hasIpv6 };
}

const noRow = { mirror: undefined, triggeredAtMs: undefined };
const none: readonly never[] = [];
