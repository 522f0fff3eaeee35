import type { PodWorkload } from '../core/endpoint.js';
import { plainEqual } from '../core/equal.js';
import type { NodeName, PodId } from '../core/ids.js';
import type { Engine } from '../engine/engine.js';
import { View } from '../engine/view.js';
import { podByIp } from './address-destinations.js';
import type { OwnerRef, PodRow } from './rows.js';
import type { MeshTables } from './tables.js';
import { type IdentityOptions, podWorkload, topOwner } from './workloads.js';

/** Who has an address, whatever the port. */
export type AddressOwner =
  | {
      readonly kind: 'pod';
      readonly id: PodId;
      /** Tells it from a later pod of the same name. */
      readonly uid: string;
      /** What created it; undefined where nothing owns it. */
      readonly directOwner: OwnerRef | undefined;
      readonly workload: PodWorkload;
    }
  /** The node itself, or a pod on its network. */
  | { readonly kind: 'node'; readonly name: NodeName }
  /** Nobody that the cluster knows of. */
  | { readonly kind: 'unknown' };

/** Owners by address, in canonical text form. Where several pods claim one, the pod that a destination there would be. */
export type AddressOwners = View<string, AddressOwner>;

export function createAddressOwners(
  engine: Engine,
  tables: MeshTables,
  identity: IdentityOptions,
): AddressOwners {
  return new View<string, AddressOwner>(engine, {
    name: 'address_owners',
    id: String,
    equal: plainEqual,
    derive(read, ip) {
      const pod = podByIp(read, tables, ip);
      if (pod !== undefined) {
        const { id, uid, owner } = pod;
        const workload = podWorkload(pod, topOwner(read, tables, pod), identity);
        return { kind: 'pod', id, uid, directOwner: owner, workload };
      }
      const [node] = read.by(tables.nodesByIp, ip);
      return node === undefined ? { kind: 'unknown' } : { kind: 'node', name: node.name };
    },
  });
}

/** Whether a connection that the pod opens can come from the address. */
export function ownsAddress({ ips, isOnHostNetwork, hostIps }: PodRow, ip: string): boolean {
  return ips.includes(ip) || (isOnHostNetwork && hostIps.includes(ip));
}
