import type { Sink } from '../../src/kube/sink.js';

export type SinkCall<Row> =
  | { readonly verb: 'apply'; readonly key: string; readonly row: Row }
  | { readonly verb: 'delete'; readonly key: string }
  | { readonly verb: 'reset'; readonly rows: ReadonlyMap<string, Row> };

/** A table that remembers how it came about. */
export class RecordingSink<Row> implements Sink<Row> {
  readonly calls: SinkCall<Row>[] = [];
  readonly rows = new Map<string, Row>();

  apply(key: string, row: Row): void {
    this.calls.push({ verb: 'apply', key, row });
    this.rows.set(key, row);
  }

  delete(key: string): void {
    this.calls.push({ verb: 'delete', key });
    if (!this.rows.delete(key)) throw new Error(`${key} was deleted and never there`);
  }

  reset(rows: ReadonlyMap<string, Row>): void {
    this.calls.push({ verb: 'reset', rows: new Map(rows) });
    this.rows.clear();
    for (const [key, row] of rows) this.rows.set(key, row);
  }

  /** The calls in short: `reset a b`, `apply c`, `delete a`. */
  get verbs(): readonly string[] {
    return this.calls.map((call) =>
      call.verb === 'reset' ? ['reset', ...call.rows.keys()].join(' ') : `${call.verb} ${call.key}`,
    );
  }
}
