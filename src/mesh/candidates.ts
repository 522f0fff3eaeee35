import {
  type AddressKey,
  addressKey,
  type Endpoint,
  endpointsEqual,
  type ProtocolHint,
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

export type CandidatePart = ReadonlyMap<AddressKey, Candidate>;

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
    equal: candidatePartsEqual,
    derive(read, { backends, target, hostname }) {
      const part = new Map<AddressKey, Candidate>();
      for (const group of read.get(tables.backends, backends)?.groups ?? []) {
        const port = resolveTargetPort(target, group);
        if (port === undefined) continue;
        for (const backend of group.backends) {
          if (hostname !== undefined && backend.hostname !== hostname) continue;
          const candidate = toCandidate(read, workloads, backend, port, options);
          if (candidate !== undefined) part.set(addressKey(backend.ip, port), candidate);
        }
      }
      return part;
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
  const { ip, zone, target, forZones } = backend;
  const address = { ip, port, weight: defaultWeight, zone };
  switch (target.kind) {
    case 'Address':
      return {
        endpoint: { ...address, workload: undefined, hint: undefined },
        nodeName: undefined,
        forZones,
      };
    case 'Pod': {
      const pod = read.view(workloads, target.id);
      if (pod === undefined || (target.uid !== undefined && target.uid !== pod.uid)) return undefined;
      const { workload, nodeName } = pod;
      return {
        endpoint: { ...address, workload, hint: protocolHint(pod, port, options) },
        nodeName,
        forZones,
      };
    }
    case 'Other':
      return undefined;
  }
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
  return { protocol: enableH2Upgrade ? 'h2' : 'unknown', transportPort: undefined };
}

function candidatePartsEqual(a: CandidatePart, b: CandidatePart): boolean {
  if (a.size !== b.size) return false;
  for (const [key, candidate] of a) {
    const other = b.get(key);
    if (other === undefined || !candidatesEqual(candidate, other)) return false;
  }
  return true;
}

function candidatesEqual(a: Candidate, b: Candidate): boolean {
  return (
    a.nodeName === b.nodeName &&
    (a.forZones === b.forZones ||
      (a.forZones !== undefined && b.forZones !== undefined && arraysEqual(a.forZones, b.forZones))) &&
    endpointsEqual(a.endpoint, b.endpoint)
  );
}
