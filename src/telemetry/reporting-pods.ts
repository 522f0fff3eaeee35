import type { PodId } from '../core/ids.js';
import { canonicalIp } from '../core/ip.js';
import { ownsAddress } from '../mesh/address-owners.js';
import type { Mesh } from '../mesh/mesh.js';
import type { End } from './subject.js';

/** What telemetry has to know of the cluster's pods. */
export interface ReportingPods {
  /** The pod, if it exists and is the one that calls from this address; otherwise what is wrong, in a sentence. */
  caller(
    pod: PodId,
    peerIp: string,
  ): { readonly ok: true; readonly end: End } | { readonly ok: false; readonly problem: string };
  /** A pod that exists. */
  pod(id: PodId): End | undefined;
  /** Whose the address is now, where it is a pod's. */
  podAt(ip: string): End | undefined;
}

export function createReportingPods(mesh: Mesh): ReportingPods {
  const pod = (id: PodId): End | undefined => {
    const row = mesh.tables.pods.get(id);
    if (row === undefined) return undefined;
    const { namespace, name, uid, owner } = row;
    const [found] = mesh.selectedPods.read({ kind: 'Pod', namespace, name, labels: [] }).pods;
    return found && { workload: found.workload, directOwner: owner, uid };
  };
  return {
    pod,
    caller(id, peerIp) {
      const row = mesh.tables.pods.get(id);
      const end = pod(id);
      if (row === undefined || end === undefined) return { ok: false, problem: `there is no pod ${id}` };
      const ip = canonicalIp(peerIp.replace(/^::ffff:(?=\d+\.)/i, '')) ?? peerIp;
      // Pods whose own addresses are loopback ones share a machine, and call from whichever of them the machine chooses.
      const isOwn = ownsAddress(row, ip) || (isLoopback(ip) && row.ips.some(isLoopback));
      return isOwn ? { ok: true, end } : { ok: false, problem: `pod ${id} does not have the address ${ip}` };
    },
    podAt(ip) {
      if (ip === '') return undefined;
      const owner = mesh.addressOwners.read(ip);
      return owner.kind === 'pod' ? owner : undefined;
    },
  };
}

/** In canonical text form. */
function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}
