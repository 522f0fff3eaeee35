import { at, isTrueAt, numberAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';

/** What an apps/v1 Deployment asks for, with the API's defaults. */
export interface DeploymentSpec {
  readonly replicas: number;
  readonly paused: boolean;
  readonly minReadySeconds: number;
  readonly revisionHistoryLimit: number;
  readonly progressDeadlineSeconds: number;
  readonly strategy: Strategy;
}

export type Strategy = { readonly kind: 'Recreate' } | ({ readonly kind: 'RollingUpdate' } & RollingLimits);

/** Numbers of pods. They are never both 0. */
export interface RollingLimits {
  /** How many pods there may be beyond the desired ones. */
  readonly maxSurge: number;
  /** How many of the desired pods may be missing. */
  readonly maxUnavailable: number;
}

export function deploymentSpecOf(deployment: KubeObject): DeploymentSpec {
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
  return {
    replicas,
    paused: isTrueAt(deployment, 'spec', 'paused'),
    minReadySeconds: numberAt(deployment, 'spec', 'minReadySeconds') ?? 0,
    revisionHistoryLimit: numberAt(deployment, 'spec', 'revisionHistoryLimit') ?? 10,
    progressDeadlineSeconds: numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600,
    strategy:
      at(deployment, 'spec', 'strategy', 'type') === 'Recreate'
        ? { kind: 'Recreate' }
        : {
            kind: 'RollingUpdate',
            ...rollingLimits(at(deployment, 'spec', 'strategy', 'rollingUpdate'), replicas),
          },
  };
}

function rollingLimits(rollingUpdate: unknown, replicas: number): RollingLimits {
  const maxSurge = scaled(at(rollingUpdate, 'maxSurge') ?? '25%', replicas, Math.ceil);
  const maxUnavailable = scaled(at(rollingUpdate, 'maxUnavailable') ?? '25%', replicas, Math.floor);
  return {
    maxSurge,
    maxUnavailable: maxSurge + maxUnavailable === 0 ? 1 : Math.min(maxUnavailable, replicas),
  };
}

/** An absolute number, or a percentage of `total`: `2`, `"25%"`. */
export function scaled(value: unknown, total: number, round: (fraction: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? Number.parseFloat(value) : 0;
  return round((percent * total) / 100) || 0;
}
