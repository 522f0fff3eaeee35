import type { BackendsRow, Backend, NodeRow, PodRow, ServiceRow } from '../../src/mesh/rows.js';

/** What a cluster holds at one moment, as lists. */
export interface ClusterRows {
  readonly services: readonly ServiceRow[];
  readonly backends: readonly BackendsRow[];
  readonly pods: readonly PodRow[];
  readonly nodes: readonly NodeRow[];
}

export interface OracleRequest {
  readonly service: string;
  readonly port: number;
  readonly node: string | undefined;
}

interface Candidate {
  readonly address: string;
  readonly backend: Backend;
  readonly pod: PodRow | undefined;
}

/**
 * The addresses that a client must be told, worked out the plain way: from everything, in order, each time. Slow, and
 * written without a look at the derivation, which is held to it.
 */
export function expectedAddresses(cluster: ClusterRows, request: OracleRequest): readonly string[] {
  const service = cluster.services.find(({ id }) => id === request.service);
  if (service === undefined || service.type === 'ExternalName') return [];
  const all = candidates(cluster, service, request.port);
  const zone = cluster.nodes.find(({ name }) => name === request.node)?.zone;

  let chosen = all;
  if (service.internalTrafficPolicy === 'Local') {
    chosen = all.filter(({ pod }) => pod?.nodeName !== undefined && pod.nodeName === request.node);
  } else if (zone !== undefined && all.every(({ backend }) => backend.forZones !== undefined)) {
    const meant = all.filter(({ backend }) => backend.forZones?.includes(zone));
    if (meant.length > 0) chosen = meant;
  }

  const dualStack = new Set(
    chosen.filter(({ backend }) => backend.ip.includes(':')).map(({ pod }) => pod?.id),
  );
  const kept = chosen.filter(
    ({ backend, pod }) => backend.ip.includes(':') || pod === undefined || !dualStack.has(pod.id),
  );
  return [...new Set(kept.map(({ address }) => address))].sort();
}

function candidates(cluster: ClusterRows, service: ServiceRow, port: number): readonly Candidate[] {
  const found: Candidate[] = [];
  const declared = service.ports.find((each) => each.port === port);
  for (const row of cluster.backends) {
    if (row.service !== service.id) continue;
    // Within one object a later mention of an address stands for the earlier ones.
    const own = new Map<string, Candidate>();
    for (const group of row.groups) {
      const named = group.ports.find(({ name }) => name === declared?.name)?.port;
      const target = declared === undefined ? (group.ports.length > 0 ? port : undefined) : named;
      if (target === undefined) continue;
      for (const backend of group.backends) {
        if (!backend.ready || backend.target.kind === 'Other') continue;
        const reference = backend.target;
        const pod =
          reference.kind === 'Pod'
            ? cluster.pods.find(({ id, uid }) => id === reference.id && uid === reference.uid)
            : undefined;
        if (reference.kind === 'Pod' && pod === undefined) continue;
        const address = backend.ip.includes(':') ? `[${backend.ip}]:${target}` : `${backend.ip}:${target}`;
        own.set(address, { address, backend, pod });
      }
    }
    found.push(...own.values());
  }
  return found;
}
