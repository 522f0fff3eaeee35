import { numberAt, textAt } from './field.js';
import type { KubeObject } from './object.js';

/** What is to become of the dependents of an object that is deleted. */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** Whether an object in deletion has nothing left to wait for. */
export function isDone({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    (metadata.finalizers ?? []).length === 0
  );
}

/** The garbage collector works through these two, and takes them off when the dependents are dealt with. */
export function finalizersOnDelete(
  object: KubeObject,
  policy: PropagationPolicy | undefined,
): readonly string[] {
  const others = (object.metadata.finalizers ?? []).filter(
    (one) => policy === undefined || (one !== 'orphan' && one !== 'foregroundDeletion'),
  );
  if (policy === 'Orphan') return [...others, 'orphan'];
  if (policy === 'Foreground') return [...others, 'foregroundDeletion'];
  return others;
}

/** How long the processes of an object are given to end. Only a Pod that runs on a node has any. */
export function graceOf(object: KubeObject, requested: number | undefined): number {
  if (object.kind !== 'Pod' || object.apiVersion !== 'v1') return 0;
  const phase = textAt(object, 'status', 'phase');
  const placed = (textAt(object, 'spec', 'nodeName') ?? '') !== '';
  if (!placed || phase === 'Succeeded' || phase === 'Failed') return 0;
  return requested ?? numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? 30;
}
