import { type Fields, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';

/** One of the `status.conditions` that most kinds have. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

export function conditionOf(object: KubeObject, type: string): Fields | undefined {
  return recordsAt(object, 'status', 'conditions').find((condition) => condition['type'] === type);
}

/**
 * The condition as it is to be written at `now`: `lastTransitionTime` stays what it is on `object` unless the status
 * changes.
 */
export function timedCondition(object: KubeObject, condition: Condition, now: string): Fields {
  const present = conditionOf(object, condition.type);
  const since = present?.['status'] === condition.status ? textAt(present, 'lastTransitionTime') : undefined;
  return { ...condition, lastTransitionTime: since ?? now };
}
