import { arraysEqual, plainEqual } from '../core/equal.js';
import type { Backend, BackendGroup, BackendsRow } from './rows.js';

/**
 * `plainEqual` for the rows that change most, whose hundred backends are compared with the hundred before at each change of
 * one of them: a field after the other, without asking which fields there are.
 */
export function backendsRowsEqual(a: BackendsRow, b: BackendsRow): boolean {
  return (
    a.id === b.id &&
    a.namespace === b.namespace &&
    a.service === b.service &&
    a.triggeredAtMs === b.triggeredAtMs &&
    plainEqual(a.mirror, b.mirror) &&
    arraysEqual(a.groups, b.groups, groupsEqual)
  );
}

function groupsEqual(a: BackendGroup, b: BackendGroup): boolean {
  return plainEqual(a.ports, b.ports) && arraysEqual(a.backends, b.backends, backendsEqual);
}

export function backendsEqual(a: Backend, b: Backend): boolean {
  if (a === b) return true;
  return (
    a.ip === b.ip &&
    a.ready === b.ready &&
    a.hostname === b.hostname &&
    a.zone === b.zone &&
    targetsEqual(a.target, b.target) &&
    plainEqual(a.forZones, b.forZones)
  );
}

function targetsEqual(a: Backend['target'], b: Backend['target']): boolean {
  switch (a.kind) {
    case 'Pod':
    case 'ExternalWorkload':
      return b.kind === a.kind && a.id === b.id && a.uid === b.uid;
    case 'Address':
      return b.kind === 'Address';
    case 'Other':
      return b.kind === 'Other' && a.targetKind === b.targetKind;
  }
}
