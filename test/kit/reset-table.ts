import type { Table } from '../../src/engine/table.js';

/** Makes `rows` the whole content of the table, as a list that is done anew does. */
export function resetTable<Key extends string, Row>(
  table: Table<Key, Row>,
  rows: Iterable<readonly [Key, Row]>,
): void {
  const reset = table.beginReset();
  for (const [key, row] of rows) reset.add(key, row);
  reset.commit();
}
