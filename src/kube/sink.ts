/**
 * Where a reflector puts what it learns, and the only place that holds it. Three verbs are all that changes it; a
 * table of rows satisfies it.
 *
 * A key is `namespace/name`, or `name` where the kind has no namespaces: the id of the row.
 */
export interface Sink<Row> {
  /** How many rows it holds. */
  readonly size: number;
  /** The row that it has of the object; undefined where it has none. */
  get(key: string): Row | undefined;
  /** The object exists and looks like this. It may have been applied before, in this very form. */
  apply(key: string, row: Row): void;
  /** There is no such object, or none that is of use. There need not have been a row. */
  delete(key: string): void;
  /**
   * Begins to tell all the objects there are. That takes many turns of the event loop: a hundred thousand objects in one
   * would hold up everybody. Nobody may see anything of it until it is committed. Nothing else is applied or deleted
   * meanwhile, and whatever isn't committed is dropped without a word.
   */
  beginReset(): SinkReset<Row>;
}

/** All the objects there are, as they come to be known. */
export interface SinkReset<Row> {
  /** The object exists and looks like this. */
  add(key: string, row: Row): void;
  /** The object exists, and can't be understood: the row that the sink has of it, if it has one, stays as it is. */
  keep(key: string): void;
  /** That was the last: others are gone. */
  commit(): void;
}
