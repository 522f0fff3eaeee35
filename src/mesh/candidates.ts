import { type AddressKey, addressKey, type Endpoint, endpointsEqual, isIpv6 } from '../core/endpoint.js';
import { arraysEqual } from '../core/equal.js';
import type { Exclusion } from '../core/exclusion.js';
import type { BackendsId, NodeName, Zone } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { ExternalWorkloads } from './external-workloads.js';
import type { Backend, BackendsRow, Mirror } from './rows.js';
import type { MeshTables } from './tables.js';
import { resolveTargetPort, sameTargetPort, type TargetPort, targetPortId } from './target-port.js';
import {
  bareEndpoint,
  type EndpointOptions,
  externalWorkloadEndpoint,
  gatewayEndpoint,
  type Place,
  podEndpoint,
} from './workload-endpoint.js';
import type { Workloads } from './workloads.js';

/** One object's backends, asked for one port and, for a StatefulSet's instance, one hostname. */
export interface CandidatesKey {
  readonly backends: BackendsId;
  readonly target: TargetPort;
  readonly hostname: string | undefined;
}

/** An endpoint that can take traffic, and what decides whose. */
export interface Candidate {
  readonly kind: 'candidate';
  readonly endpoint: Endpoint;
  /** Where its pod runs; undefined for anything but a pod. */
  readonly nodeName: NodeName | undefined;
  /** The zones whose clients it is meant for; undefined without hints. */
  readonly forZones: readonly Zone[] | undefined;
}

/** The candidates of one object, and what has to be known of all of them at once. */
export interface CandidatePart {
  readonly byAddress: ReadonlyMap<AddressKey, Candidate>;
  /** Whether every one has hints. */
  readonly isHinted: boolean;
  /** All zones that some are meant for. */
  readonly hintedZones: ReadonlySet<Zone>;
  readonly hasIpv6: boolean;
}

/** What each object that declares backends has to offer, before any client's place is looked at. */
export type Candidates = View<CandidatesKey, CandidatePart>;

/** What can be said of the workloads behind addresses, and how. */
export interface Judging {
  readonly workloads: Workloads;
  readonly externalWorkloads: ExternalWorkloads;
  readonly options: EndpointOptions;
}

export function createCandidates(engine: Engine, tables: MeshTables, judging: Judging): Candidates {
  return new View<CandidatesKey, CandidatePart>(engine, {
    name: 'candidates',
    id: candidatesId,
    sameKey: sameCandidatesKey,
    derive(read, { backends, target, hostname }, before) {
      const part = new PartBuilder(before);
      const row = read.get(tables.backends, backends);
      if (row !== undefined) {
        judge(read, judging, { row, target, hostname }, (_backend, _port, verdict) => {
          if (verdict.kind === 'candidate') part.add(verdict);
        });
      }
      return part.build();
    },
  });
}

export function candidatesId({ backends, target, hostname = '' }: CandidatesKey): string {
  return `${backends}|${targetPortId(target)}|${hostname}`;
}

export function sameCandidatesKey(a: CandidatesKey, b: CandidatesKey): boolean {
  return a.backends === b.backends && a.hostname === b.hostname && sameTargetPort(a.target, b.target);
}

export interface Judged {
  readonly row: BackendsRow;
  readonly target: TargetPort;
  readonly hostname: string | undefined;
}

/**
 * Says of each backend of an object, in order, what it is at this moment: a candidate, or why it must get no traffic.
 * `port` is 0 for one whose port can't be told. Of two candidates with the same address the later counts.
 */
export function judge(
  read: Reader,
  judging: Judging,
  { row, target, hostname }: Judged,
  verdict: {
    (backend: Backend, port: number, verdict: Candidate | Exclusion): void;
  },
): void {
  for (const group of row.groups) {
    const port = resolveTargetPort(target, group);
    for (const backend of group.backends) {
      if (port === undefined) {
        verdict(backend, 0, missingPort(target));
      } else if (hostname !== undefined && backend.hostname !== hostname) {
        verdict(backend, port, { kind: 'other-instance', hostname: backend.hostname });
      } else {
        verdict(backend, port, judgeBackend(read, judging, { backend, port, target, mirror: row.mirror }));
      }
    }
  }
}

function missingPort(target: TargetPort): Exclusion {
  return target.kind === 'named' ? { kind: 'port-name-absent', portName: target.name } : noPorts;
}

/** Traffic is kept from a workload that isn't known (yet, or any more): its identity could only be told wrong. */
function judgeBackend(
  read: Reader,
  { workloads, externalWorkloads, options }: Judging,
  {
    backend,
    port,
    target: { port: askedPort },
    mirror,
  }: {
    readonly backend: Backend;
    readonly port: number;
    readonly target: TargetPort;
    readonly mirror: Mirror | undefined;
  },
): Candidate | Exclusion {
  if (!backend.ready) return notReady;
  const { ip, zone, target, forZones } = backend;
  const place: Place = { ip, port, zone };
  switch (target.kind) {
    case 'Address':
      return {
        kind: 'candidate',
        endpoint: mirroredEndpoint(place, mirror, askedPort, options),
        nodeName: undefined,
        forZones,
      };
    case 'Pod': {
      const pod = read.view(workloads, target.id);
      if (pod === undefined) return { kind: 'workload-unknown', workload: target };
      if (target.uid !== undefined && target.uid !== pod.uid) {
        return { kind: 'workload-replaced', workload: target, meantUid: target.uid, uid: pod.uid };
      }
      const endpoint = podEndpoint(place, pod, options);
      return { kind: 'candidate', endpoint, nodeName: pod.nodeName, forZones };
    }
    case 'ExternalWorkload': {
      const external = read.view(externalWorkloads, target.id);
      if (external === undefined) return { kind: 'workload-unknown', workload: target };
      if (target.uid !== undefined && target.uid !== external.uid) {
        return { kind: 'workload-replaced', workload: target, meantUid: target.uid, uid: external.uid };
      }
      const endpoint = externalWorkloadEndpoint(place, external, options);
      return { kind: 'candidate', endpoint, nodeName: undefined, forZones };
    }
    case 'Other':
      return { kind: 'target-unsupported', targetKind: target.targetKind };
  }
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

/**
 * Puts a part together, of the candidates of the one before where they are as they were. Backends keep their order, mostly,
 * so that the former candidate of an address is found by its place.
 */
class PartBuilder {
  readonly #before: CandidatePart | undefined;
  readonly #former: Iterator<[AddressKey, Candidate]>;
  readonly #byAddress = new Map<AddressKey, Candidate>();
  #isSame: boolean;

  constructor(before: CandidatePart | undefined) {
    this.#before = before;
    this.#former = (before?.byAddress ?? noCandidates).entries();
    this.#isSame = before !== undefined;
  }

  /** Of two with the same address the later counts. */
  add(candidate: Candidate): void {
    const { endpoint } = candidate;
    const next = this.#former.next();
    let key: AddressKey;
    let former: Candidate | undefined;
    if (next.done !== true && isAt(next.value[1], endpoint)) {
      [key, former] = next.value;
    } else {
      key = addressKey(endpoint.ip, endpoint.port);
      former = this.#before?.byAddress.get(key);
    }
    if (former !== undefined && candidatesEqual(former, candidate)) {
      this.#byAddress.set(key, former);
    } else {
      this.#byAddress.set(key, candidate);
      this.#isSame = false;
    }
  }

  build(): CandidatePart {
    const byAddress = this.#byAddress;
    const before = this.#before;
    if (this.#isSame && before?.byAddress.size === byAddress.size) return before;
    const hintedZones = new Set<Zone>();
    let isHinted = true;
    let hasIpv6 = false;
    for (const { forZones, endpoint } of byAddress.values()) {
      if (forZones === undefined) isHinted = false;
      else for (const each of forZones) hintedZones.add(each);
      hasIpv6 ||= isIpv6(endpoint);
    }
    return { byAddress, isHinted, hintedZones, hasIpv6 };
  }
}

const noCandidates: ReadonlyMap<AddressKey, Candidate> = new Map();

function isAt({ endpoint }: Candidate, { ip, port }: Endpoint): boolean {
  return endpoint.ip === ip && endpoint.port === port;
}

function candidatesEqual(a: Candidate, b: Candidate): boolean {
  return (
    a.nodeName === b.nodeName &&
    (a.forZones === b.forZones ||
      (a.forZones !== undefined && b.forZones !== undefined && arraysEqual(a.forZones, b.forZones))) &&
    endpointsEqual(a.endpoint, b.endpoint)
  );
}
