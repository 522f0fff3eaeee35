import type { Sink, SinkReset } from '../../src/kube/sink.js';

export type SinkCall<Row> =
  | { readonly verb: 'apply'; readonly key: string; readonly row: Row }
  | { readonly verb: 'delete'; readonly key: string }
  | { readonly verb: 'reset'; readonly rows: ReadonlyMap<string, Row> };

/** A table that remembers how it came about. A delete of what isn't there is nothing to remember. */
export class RecordingSink<Row> implements Sink<Row> {
  readonly calls: SinkCall<Row>[] = [];
  readonly rows = new Map<string, Row>();

  get size(): number {
    return this.rows.size;
  }

  get(key: string): Row | undefined {
    return this.rows.get(key);
  }

  apply(key: string, row: Row): void {
    this.calls.push({ verb: 'apply', key, row });
    this.rows.set(key, row);
  }

  delete(key: string): void {
    if (this.rows.delete(key)) this.calls.push({ verb: 'delete', key });
  }

  beginReset(): SinkReset<Row> {
    const rows = new Map<string, Row>();
    return {
      add: (key, row) => void rows.set(key, row),
      keep: (key) => {
        const row = this.rows.get(key);
        if (row !== undefined) rows.set(key, row);
      },
      commit: () => this.reset(rows),
    };
  }

  /** A reset that is committed. */
  reset(rows: ReadonlyMap<string, Row>): void {
    this.calls.push({ verb: 'reset', rows });
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
