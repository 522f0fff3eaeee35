import type { Index, Table } from './table.js';
import type { View } from './view.js';

/**
 * The only way for a derivation to learn anything. Every read is remembered, and a change of what was read, an absence
 * included, makes the derivation run again. There is no filter by predicate: each read names a key or an index value,
 * so that a change finds exactly the derivations it concerns.
 */
export interface Reader {
  /** The row of `key`, or undefined. */
  get<Key extends string, Row>(table: Table<Key, Row>, key: Key): Row | undefined;
  /** The rows an index holds under `value`, ordered by key. */
  by<Key extends string, Row>(index: Index<Key, Row>, value: string): readonly Row[];
  /** The keys an index holds under `value`, in order, whatever their rows say. */
  keys<Key extends string, Row>(index: Index<Key, Row>, value: string): readonly Key[];
  /** The value of another view. Views must not read each other in a circle. */
  view<Key, Value>(view: View<Key, Value>, key: Key): Value;
  /**
   * Reads again what the derivation read next the last time, if that was a view and still gives `value`, which must be a value
   * that no other key has; otherwise reads nothing. It says no more than `view` would, at a fraction of the cost.
   */
  repeats(value: object): boolean;
  /** How much has been read so far, each thing counted once. */
  readonly count: number;
  /**
   * Reads again what the derivation read the last time, from its read number `from` on and at most so many, as far as nothing
   * of it can have changed since; how many. It looks at none of it. None, unless this time's reads so far are the first `from`
   * of the last time, or where the last time's value wasn't kept: those reads are not what `before` came of.
   */
  standing(from: number, most: number): number;
}

/**
 * Computes a view's value for a key. Pure: it reads through `read` alone, and may be run at any time, any number of times.
 *
 * `before` is the value it came to the last time. A collection should be put together from the members of that one where
 * they are as they were, and be that one where all are: whoever compares it later finds the same objects and doesn't look
 * inside. What the value says must not depend on it.
 */
export type Derive<Key, Value> = (read: Reader, key: Key, before: Value | undefined) => Value;
