import {
  type AddressKey,
  addressKey,
  type Endpoint,
  endpointsEqual,
  isIpv6,
  type ProtocolHint,
  type Workload,
} from '../core/endpoint.js';
import { arraysEqual } from '../core/equal.js';
import type { BackendsId, NodeName, Zone } from '../core/ids.js';
import { includesPort, type PortRange } from '../core/port-ranges.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { Backend } from './rows.js';
import type { MeshTables } from './tables.js';
import { resolveTargetPort, type TargetPort, targetPortId } from './target-port.js';
import type { KnownPod, Workloads } from './workloads.js';

/** One object's backends, asked for one port and, for a StatefulSet's instance, one hostname. */
export interface CandidatesKey {
  readonly backends: BackendsId;
  readonly target: TargetPort;
  readonly hostname: string | undefined;
}

/** An endpoint that can take traffic, and what decides whose. */
export interface Candidate {
  readonly endpoint: Endpoint;
  /** Where its pod runs; undefined for a bare address. */
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

export interface EndpointOptions {
  /** Whether proxies may carry HTTP/1 over HTTP/2 between each other. */
  readonly enableH2Upgrade: boolean;
  /** Ports whose traffic is taken for bytes, for pods that don't say otherwise. */
  readonly defaultOpaquePorts: readonly PortRange[];
}

/** Linkerd's unit of weight, so that a fraction of one endpoint's share can be said in whole numbers. */
const defaultWeight = 10_000;

export function createCandidates(
  engine: Engine,
  tables: MeshTables,
  workloads: Workloads,
  options: EndpointOptions,
): Candidates {
  return new View<CandidatesKey, CandidatePart>(engine, {
    name: 'candidates',
    id: candidatesId,
    settle: settlePart,
    derive(read, { backends, target, hostname }) {
      const byAddress = new Map<AddressKey, Candidate>();
      for (const group of read.get(tables.backends, backends)?.groups ?? []) {
        const port = resolveTargetPort(target, group);
        if (port === undefined) continue;
        for (const backend of group.backends) {
          if (hostname !== undefined && backend.hostname !== hostname) continue;
          const candidate = toCandidate(read, workloads, backend, port, options);
          if (candidate !== undefined) byAddress.set(addressKey(backend.ip, port), candidate);
        }
      }
      return toPart(byAddress);
    },
  });
}

export function candidatesId({ backends, target, hostname = '' }: CandidatesKey): string {
  return `${backends}|${targetPortId(target)}|${hostname}`;
}

/**
 * What a backend is at this moment; undefined for one that must get no traffic: it isn't ready, or it names a pod that
 * isn't known (yet, or any more), whose identity and protocol a client could only be told wrong.
 */
function toCandidate(
  read: Reader,
  workloads: Workloads,
  backend: Backend,
  port: number,
  options: EndpointOptions,
): Candidate | undefined {
  if (!backend.ready) return undefined;
  const { target, forZones } = backend;
  switch (target.kind) {
    case 'Address':
      return { endpoint: toEndpoint(backend, port, undefined, undefined), nodeName: undefined, forZones };
    case 'Pod': {
      const pod = read.view(workloads, target.id);
      if (pod === undefined || (target.uid !== undefined && target.uid !== pod.uid)) return undefined;
      const endpoint = toEndpoint(backend, port, pod.workload, protocolHint(pod, port, options));
      return { endpoint, nodeName: pod.nodeName, forZones };
    }
    case 'Other':
      return undefined;
  }
}

// One literal for all endpoints gives them one hidden class, which comparing them a thousand times a second wants.
function toEndpoint(
  { ip, zone }: Backend,
  port: number,
  workload: Workload | undefined,
  hint: ProtocolHint | undefined,
): Endpoint {
  return { ip, port, weight: defaultWeight, zone, workload, hint };
}

/** What the pod's sidecar takes on this port; undefined without one, and for a port that passes by it. */
function protocolHint(
  { workload, opaquePorts, proxy }: KnownPod,
  port: number,
  { enableH2Upgrade, defaultOpaquePorts }: EndpointOptions,
): ProtocolHint | undefined {
  if (workload.controlPlaneNamespace === undefined) return undefined;
  if (proxy !== undefined && includesPort(proxy.skipped, port)) return undefined;
  if (includesPort(opaquePorts ?? defaultOpaquePorts, port)) {
    // The proxy serves its own ports itself: there is nobody behind them to hand a transport to.
    const transportPort = proxy === undefined || proxy.own.includes(port) ? undefined : proxy.inbound;
    return { protocol: 'opaque', transportPort };
  }
  return enableH2Upgrade ? h2Hint : unknownHint;
}

const h2Hint: ProtocolHint = Object.freeze({ protocol: 'h2', transportPort: undefined });
const unknownHint: ProtocolHint = Object.freeze({ protocol: 'unknown', transportPort: undefined });

function toPart(byAddress: ReadonlyMap<AddressKey, Candidate>): CandidatePart {
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

/** Keeps the candidates that are as they were, so that whoever compares them later sees that at a glance. */
function settlePart(before: CandidatePart, after: CandidatePart): CandidatePart {
  const byAddress = new Map(after.byAddress);
  let isSame = before.byAddress.size === byAddress.size;
  for (const [key, candidate] of byAddress) {
    const former = before.byAddress.get(key);
    if (former !== undefined && candidatesEqual(former, candidate)) byAddress.set(key, former);
    else isSame = false;
  }
  return isSame ? before : { ...after, byAddress };
}

function candidatesEqual(a: Candidate, b: Candidate): boolean {
  return (
    a.nodeName === b.nodeName &&
    (a.forZones === b.forZones ||
      (a.forZones !== undefined && b.forZones !== undefined && arraysEqual(a.forZones, b.forZones))) &&
    endpointsEqual(a.endpoint, b.endpoint)
  );
}
