import type { Revision } from './node.js';

/** One published state of a view's key. Neither it nor anything it holds is ever changed. */
export interface Snapshot<Value> {
  /** Grows with every publication of the same key; has no meaning across keys. */
  readonly version: Revision;
  readonly value: Value;
}
