/**
 * Which keys of a map come up again in another that is filled from a list, and as which strings: one that was parsed anew
 * is equal to the one that is held, and would be held beside it.
 *
 * The keys are gone through along with the list, a few for each that is called, so that neither the first call nor the
 * last takes as long as a hundred thousand keys do. Neither map may be changed otherwise meanwhile.
 */
export class RollCall<Key extends string> {
  readonly #rest: Iterator<Key>;
  readonly #called: ReadonlyMap<Key, unknown>;
  /** Those that were gone through and haven't been called. */
  readonly #waiting = new Map<Key, Key>();

  /** Which of `keys` come up in `called`, where each key is put after it was called here. */
  constructor(keys: ReadonlyMap<Key, unknown>, called: ReadonlyMap<Key, unknown>) {
    this.#rest = keys.keys();
    this.#called = called;
  }

  /** Returns the key as it is held, or as it is given. */
  call(key: Key): Key {
    // Two, so that a list in the same order as the map finds all of its keys here, however many there are more of them.
    if (this.#next()) this.#next();
    const held = this.#waiting.get(key);
    if (held === undefined) return key;
    this.#waiting.delete(key);
    return held;
  }

  /** Those that haven't been called. */
  absent(): readonly Key[] {
    while (this.#next());
    return [...this.#waiting.values()];
  }

  #next(): boolean {
    const { done, value } = this.#rest.next();
    if (done === true) return false;
    if (!this.#called.has(value)) this.#waiting.set(value, value);
    return true;
  }
}
