/** Keys filed under values, of which several keys may share one, and one key may have several. */
export class KeysByValue<Key extends string> {
  /** Most values name one key: a Set for each would cost more than all else that is kept of it. */
  readonly #keys = new Map<string, Key | Members<Key>>();

  /** The keys under `value`, in order. */
  under(value: string): readonly Key[] {
    const held = this.#keys.get(value);
    if (held === undefined) return [];
    return held instanceof Members ? held.ordered() : [held];
  }

  /** The key has had the values `left`, and has the values `entered` from here on; none of them is named twice. */
  move(key: Key, left: readonly string[], entered: readonly string[]): void {
    for (const value of left) if (!entered.includes(value)) this.#remove(value, key);
    for (const value of entered) this.#add(value, key);
  }

  #add(value: string, key: Key): void {
    const held = this.#keys.get(value);
    if (held === undefined) this.#keys.set(value, key);
    else if (held instanceof Members) held.add(key);
    else if (held !== key) this.#keys.set(value, new Members([held, key]));
  }

  #remove(value: string, key: Key): void {
    const held = this.#keys.get(value);
    if (held instanceof Members) {
      held.delete(key);
      if (held.size > 0) return;
    } else if (held !== key) {
      return;
    }
    this.#keys.delete(value);
  }
}

/** Keys under one value. */
class Members<Key extends string> {
  readonly #keys: Set<Key>;
  #ordered: readonly Key[] | undefined;

  constructor(keys: Iterable<Key>) {
    this.#keys = new Set(keys);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** They are read much more often than they change. */
  ordered(): readonly Key[] {
    this.#ordered ??= [...this.#keys].sort();
    return this.#ordered;
  }

  add(key: Key): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#ordered = undefined;
  }

  delete(key: Key): void {
    if (this.#keys.delete(key)) this.#ordered = undefined;
  }
}
