import type { RollingLimits } from './deployment-spec.js';

/**
 * How many replicas each ReplicaSet of a Deployment is to have next. Pure, and the same decisions as Kubernetes':
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */

export interface ReplicaSetState {
  readonly name: string;
  /** What it asks for. */
  readonly replicas: number;
  /** How many pods it has that neither ended nor are being deleted. */
  readonly active: number;
  /** How many of them count as available. */
  readonly available: number;
  readonly createdAtMs: number;
  /** The most pods that its Deployment was allowed when this set was last scaled; undefined for a new one. */
  readonly maxReplicas: number | undefined;
}

/** Replicas by ReplicaSet name; a set that isn't named keeps what it has. */
export type Replicas = ReadonlyMap<string, number>;

interface Rollout extends RollingLimits {
  readonly desired: number;
  readonly newSet: ReplicaSetState;
  readonly oldSets: readonly ReplicaSetState[];
}

interface Rescale {
  readonly desired: number;
  readonly maxSurge: number;
  /** Undefined where a paused Deployment has a template that it made no set of yet. */
  readonly newSet: ReplicaSetState | undefined;
  readonly oldSets: readonly ReplicaSetState[];
}

/**
 * The next step from the old sets to the new one. Once taken, there are at most `desired + maxSurge` active pods, and
 * at least `desired - maxUnavailable` available ones if there were as many before.
 */
export function rollingStep(rollout: Rollout): Replicas {
  const newReplicas = grownReplicas(rollout);
  const next = new Map(shrunkReplicas(rollout, newReplicas));
  if (newReplicas !== rollout.newSet.replicas) next.set(rollout.newSet.name, newReplicas);
  return next;
}

function grownReplicas({ desired, maxSurge, newSet, oldSets }: Rollout): number {
  // A set that was scaled down has its surplus pods for a little longer, and they take up room.
  const pods = sum([newSet, ...oldSets], ({ replicas, active }) => Math.max(replicas, active));
  const room = Math.max(0, desired + maxSurge - pods);
  return Math.min(desired, newSet.replicas + room);
}

function shrunkReplicas(rollout: Rollout, newReplicas: number): Replicas {
  const { desired, maxUnavailable, newSet, oldSets } = rollout;
  const minAvailable = desired - maxUnavailable;
  const newAvailable = Math.min(newSet.available, newReplicas);
  const byAge = [...oldSets].sort((left, right) => left.createdAtMs - right.createdAtMs);
  const next = new Map<string, number>();
  const replicasOf = ({ name, replicas }: ReplicaSetState): number => next.get(name) ?? replicas;
  const availableOf = (set: ReplicaSetState): number => Math.min(set.available, replicasOf(set));
  const takeFrom = (budget: number, spare: (set: ReplicaSetState) => number): void => {
    let left = budget;
    for (const set of byAge) {
      const taken = Math.min(spare(set), left);
      if (taken <= 0) continue;
      next.set(set.name, replicasOf(set) - taken);
      left -= taken;
    }
  };

  // Pods that serve nobody go first: otherwise a broken old version could block its own replacement.
  takeFrom(
    sum(oldSets, replicasOf) + newAvailable - minAvailable,
    (set) => replicasOf(set) - availableOf(set),
  );
  takeFrom(sum(oldSets, availableOf) + newAvailable - minAvailable, replicasOf);
  return next;
}

/**
 * The replicas after a change of `desired` in the middle of a rollout: old and new sets grow or shrink in proportion, so
 * that the risk stays spread as it is.
 */
export function proportionalStep({ desired, maxSurge, newSet, oldSets }: Rescale): Replicas {
  const sets = newSet ? [...oldSets, newSet] : oldSets;
  const populated = sets.filter(({ replicas }) => replicas > 0);
  if (populated.length <= 1) {
    const only = populated[0] ?? newSet ?? latest(oldSets);
    return new Map(only && [[only.name, desired]]);
  }
  if (newSet && newSet.replicas === desired && newSet.available === desired) {
    return new Map(oldSets.map(({ name }) => [name, 0]));
  }
  const allowed = desired > 0 ? desired + maxSurge : 0;
  return shared(populated, allowed);
}

/** Brings the replicas of all sets together to `allowed`, each set taking part by its size. */
function shared(sets: readonly ReplicaSetState[], allowed: number): Replicas {
  const toAdd = allowed - sum(sets, ({ replicas }) => replicas);
  // The biggest set comes first and takes what rounding leaves over. Among equals, the newer grow and the older shrink.
  const direction = toAdd > 0 ? -1 : 1;
  const ordered = [...sets].sort(
    (left, right) => right.replicas - left.replicas || direction * (left.createdAtMs - right.createdAtMs),
  );
  const next = new Map<string, number>();
  let left = toAdd;
  for (const { name, replicas, maxReplicas = allowed } of ordered) {
    const share = Math.round((replicas * allowed) / maxReplicas) - replicas;
    const taken = toAdd > 0 ? clamp(share, 0, left) : clamp(share, left, 0);
    next.set(name, replicas + taken);
    left -= taken;
  }
  const [first] = ordered;
  if (first) next.set(first.name, Math.max(0, (next.get(first.name) ?? 0) + left));
  return next;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function latest(sets: readonly ReplicaSetState[]): ReplicaSetState | undefined {
  return [...sets].sort((left, right) => right.createdAtMs - left.createdAtMs)[0];
}

function sum<T>(values: readonly T[], number: (value: T) => number): number {
  return values.reduce((total, value) => total + number(value), 0);
}
