import { plainEqual } from '../core/equal.js';
import { InOrder } from '../core/in-order.js';
import type { Backend, BackendGroup, BackendsRow } from '../mesh/rows.js';
import { backendsEqual } from '../mesh/rows-equal.js';

/**
 * The row, with the backends of the one before where they say the same. The API server tells of a hundred when one has changed;
 * whoever compares the rows finds the other 99 to be the same objects, and doesn't look inside.
 */
export function shareBackends(row: BackendsRow, before: BackendsRow): BackendsRow {
  return { ...row, groups: row.groups.map((group, place) => shareGroup(group, before.groups[place])) };
}

function shareGroup({ ports, backends }: BackendGroup, before: BackendGroup | undefined): BackendGroup {
  if (before === undefined) return { ports, backends };
  const former = new InOrder<Backend>(before.backends, ({ ip }) => ip);
  return {
    ports: plainEqual(ports, before.ports) ? before.ports : ports,
    backends: backends.map((backend) => {
      const known = former.find(backend.ip);
      return known !== undefined && backendsEqual(known, backend) ? known : backend;
    }),
  };
}
