/**
 * Where a reflector puts what it learns. Three verbs are all there is; a table of rows satisfies it.
 *
 * A key is `namespace/name`, or `name` where the kind has no namespaces: the id of the row.
 */
export interface Sink<Row> {
  /** The object exists and looks like this. It may have been applied before, in this very form. */
  apply(key: string, row: Row): void;
  /** The object is gone. Called only for a key that was applied, or was among those of a reset. */
  delete(key: string): void;
  /**
   * These are all the objects there are; others are gone. The map is lent for the duration of the call and changes
   * afterwards: copy what is to be kept.
   */
  reset(rows: ReadonlyMap<string, Row>): void;
}
