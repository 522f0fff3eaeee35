import { numberAt, recordsAt } from '../store/field.js';
import type { Pod } from './pod.js';

/**
 * Pods in the order in which a ReplicaSet gives them up: those that serve least first. The criteria are Kubernetes' own,
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-down-a-replicaset.
 * Of pods that none of them tells apart, the last of the list goes first.
 */
export function deletionOrder(pods: readonly Pod[]): readonly Pod[] {
  const perNode = new Map<string | undefined, number>();
  for (const { nodeName } of pods) perNode.set(nodeName, (perNode.get(nodeName) ?? 0) + 1);
  const ranked = [...pods]
    .reverse()
    .map((pod) => ({ pod, criteria: criteria(pod, perNode.get(pod.nodeName) ?? 0) }));
  return ranked.sort((left, right) => compare(left.criteria, right.criteria)).map(({ pod }) => pod);
}

/** Numbers to compare one after the other; the pod with the lowest goes first. */
function criteria(pod: Pod, podsOnNode: number): readonly number[] {
  return [
    pod.nodeName === undefined ? 0 : 1,
    pod.phase === 'Running' ? 1 : 0,
    pod.ready ? 1 : 0,
    deletionCost(pod),
    // Of pods that share a node, the spare ones.
    -podsOnNode,
    // The youngest first: the longer it has been ready, the more it is trusted.
    pod.ready ? -pod.readySinceMs : 0,
    -restarts(pod),
    -pod.createdAtMs,
  ];
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function deletionCost({ object }: Pod): number {
  return Number(object.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;
}

function restarts({ object }: Pod): number {
  const counts = recordsAt(object, 'status', 'containerStatuses').map(
    (one) => numberAt(one, 'restartCount') ?? 0,
  );
  return Math.max(0, ...counts);
}
