import { plainEqual } from '../core/equal.js';
import { includesPort } from '../core/port-ranges.js';
import type { Profile } from '../core/profile.js';
import type { EndpointClaim } from '../core/profile-explanation.js';
import type { Engine } from '../engine/engine.js';
import type { Reader } from '../engine/reader.js';
import { View } from '../engine/view.js';
import type { KnownExternalWorkload } from './external-workloads.js';
import type { Judging } from './judge.js';
import type { BackendTarget, PodRow } from './rows.js';
import { type MeshTables, socketKey } from './tables.js';
import { bareEndpoint, externalWorkloadEndpoint, isOpaque, podEndpoint } from './workload-endpoint.js';
import type { KnownPod } from './workloads.js';

/** One address, and, where a service's object told of it, what that says is behind it. */
export interface AddressDestinationKey {
  readonly ip: string;
  readonly port: number;
  /** Undefined: whoever has the address at the time. */
  readonly target: BackendTarget | undefined;
}

/** How to treat the traffic for one address that is no service's: as an endpoint by itself. */
export type AddressDestinations = View<AddressDestinationKey, Profile & { readonly kind: 'endpoint' }>;

export function createAddressDestinations(
  engine: Engine,
  tables: MeshTables,
  judging: Judging,
): AddressDestinations {
  const { options } = judging;
  return new View<AddressDestinationKey, Profile & { readonly kind: 'endpoint' }>(engine, {
    name: 'address_destinations',
    id: ({ ip, port, target }) => `${socketKey(ip, port)}|${targetId(target)}`,
    equal: plainEqual,
    derive(read, { ip, port, target: told }) {
      // Its zone decides nothing for a client that has no choice.
      const place = { ip, port, zone: undefined };
      const found = occupantOf(read, tables, judging, told ?? ownerOf(read, tables, ip, port).target);
      switch (found.kind) {
        case 'pod':
          return {
            kind: 'endpoint',
            endpoint: podEndpoint(place, found.pod, options),
            isOpaque: isOpaque(found.pod, port, options),
          };
        case 'external-workload':
          return {
            kind: 'endpoint',
            endpoint: externalWorkloadEndpoint(place, found.external, options),
            isOpaque: isOpaque(found.external, port, options),
          };
        case 'none':
        case 'unknown':
        case 'replaced':
        case 'not-running':
        case 'unsupported':
          return {
            kind: 'endpoint',
            endpoint: bareEndpoint(place),
            isOpaque: includesPort(options.defaultOpaquePorts, port),
          };
      }
    },
  });
}

/** What is behind an address, or why nothing can be said of it but the address. */
export type FoundOccupant =
  | { readonly kind: 'pod'; readonly pod: KnownPod }
  | { readonly kind: 'external-workload'; readonly external: KnownExternalWorkload }
  /** Nothing that the cluster knows of. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }
  /** The workload of that name is another one. */
  | { readonly kind: 'replaced'; readonly meantUid: string; readonly uid: string }
  | { readonly kind: 'not-running' }
  | { readonly kind: 'unsupported'; readonly targetKind: string };

export function occupantOf(
  read: Reader,
  tables: MeshTables,
  { workloads, externalWorkloads }: Judging,
  target: BackendTarget,
): FoundOccupant {
  switch (target.kind) {
    case 'Pod': {
      const row = read.get(tables.pods, target.id);
      if (row === undefined) return { kind: 'unknown' };
      if (target.uid !== undefined && target.uid !== row.uid) {
        return { kind: 'replaced', meantUid: target.uid, uid: row.uid };
      }
      const pod = row.phase === 'running' ? read.view(workloads, target.id) : undefined;
      return pod === undefined ? { kind: 'not-running' } : { kind: 'pod', pod };
    }
    case 'ExternalWorkload': {
      const external = read.view(externalWorkloads, target.id);
      if (external === undefined) return { kind: 'unknown' };
      return target.uid !== undefined && target.uid !== external.uid
        ? { kind: 'replaced', meantUid: target.uid, uid: external.uid }
        : { kind: 'external-workload', external };
    }
    case 'Address':
      return { kind: 'none' };
    case 'Other':
      return { kind: 'unsupported', targetKind: target.targetKind };
  }
}

/** Who has an address, and by what. */
export interface Owner {
  readonly target: BackendTarget;
  readonly by: Exclude<EndpointClaim['kind'], 'instance'>;
}

/**
 * Who has an address. A pod's own address comes first, then a port of its node that leads to a pod, then an external
 * workload. While an address passes from one pod to the next, two may claim it: one that isn't being deleted goes before
 * one that is, and the younger before the elder.
 */
export function ownerOf(read: Reader, tables: MeshTables, ip: string, port: number): Owner {
  const socket = socketKey(ip, port);
  const pod = podByIp(read, tables, ip);
  if (pod !== undefined) return { target: podTarget(pod), by: 'pod-ip' };
  const onHost = youngest(read.by(tables.podsByHostSocket, socket));
  if (onHost !== undefined) return { target: podTarget(onHost), by: 'host-port' };
  const [external] = read.by(tables.externalWorkloadsBySocket, socket);
  if (external !== undefined) {
    const { id, uid } = external;
    return { target: { kind: 'ExternalWorkload', id, uid }, by: 'external-workload' };
  }
  return nobody;
}

/** The pod that has an address for its own, by the rule above. */
export function podByIp(read: Reader, tables: MeshTables, ip: string): PodRow | undefined {
  return youngest(read.by(tables.podsByIp, ip));
}

const nobody: Owner = { target: { kind: 'Address' }, by: 'nobody' };

function podTarget({ id, uid }: PodRow): BackendTarget {
  return { kind: 'Pod', id, uid };
}

function youngest(pods: readonly PodRow[]): PodRow | undefined {
  let best: PodRow | undefined;
  for (const pod of pods) if (best === undefined || goesBefore(pod, best)) best = pod;
  return best;
}

function goesBefore(a: PodRow, b: PodRow): boolean {
  return a.isTerminating === b.isTerminating ? a.createdAtS > b.createdAtS : b.isTerminating;
}

function targetId(target: BackendTarget | undefined): string {
  if (target === undefined) return '';
  switch (target.kind) {
    case 'Pod':
    case 'ExternalWorkload':
      return `${target.kind}|${target.id}|${target.uid ?? ''}`;
    case 'Address':
    case 'Other':
      return target.kind;
  }
}
