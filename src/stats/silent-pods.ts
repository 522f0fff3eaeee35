import type { PodId } from '../core/ids.js';
import type { PodSelection } from '../core/resource.js';
import type { Mesh } from '../mesh/mesh.js';
import type { StatQuery } from './stat-query.js';

export interface SilentPodsSources {
  readonly mesh: Pick<Mesh, 'selectedPods'>;
  /** Whether the pod's sidecar reports to this process at present. */
  readonly isReporting: (pod: PodId) => boolean;
}

/**
 * What of a question this process can't know: which of the pods whose sidecars would tell don't report to it, since they
 * report to another replica, or to none as yet. One sentence; empty where all of them do.
 *
 * Of what clients ask of services and authorities nobody can say whose sidecars would tell.
 */
export function describeSilentPods(query: StatQuery, { mesh, isReporting }: SilentPodsSources): string {
  const pods = new Map<PodId, boolean>();
  for (const selection of tellers(query)) {
    for (const { id, phase, isMeshed, isTerminating } of mesh.selectedPods.read(selection).pods) {
      if (isMeshed && phase === 'running' && !isTerminating) pods.set(id, isReporting(id));
    }
  }
  const silent = [...pods.values()].filter((reports) => !reports).length;
  if (silent === 0) return '';
  return `of ${pods.size} pods with a sidecar, ${silent} ${silent === 1 ? 'does' : 'do'} not report to this replica`;
}

/** Whose sidecars tell: of two ends those that ask. */
function tellers({ selections, edge }: StatQuery): readonly PodSelection[] {
  if (edge.kind === 'from') return [edge.other];
  return selections.filter(({ kind }) => kind !== 'Service' && kind !== 'Authority');
}
