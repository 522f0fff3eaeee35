/**
 * Puts a list together, from front to back, that most likely shares its elements with one before it: it is that one where
 * all are the same, and otherwise takes one copy.
 */
export class ListAfter<T> {
  readonly #before: readonly T[];
  #length = 0;
  #list: T[] | undefined;

  constructor(before: readonly T[]) {
    this.#before = before;
  }

  push(element: T): void {
    const place = this.#length++;
    if (this.#list === undefined) {
      if (place < this.#before.length && this.#before[place] === element) return;
      this.#list = this.#before.slice();
    }
    this.#list[place] = element;
  }

  /** Pushes as many elements as the list before has from this place on, which must be so many. */
  keep(count: number): void {
    this.#length += count;
  }

  /** The last call. */
  finish(): readonly T[] {
    const list = this.#list;
    if (list === undefined) {
      return this.#length === this.#before.length ? this.#before : this.#before.slice(0, this.#length);
    }
    if (list.length > this.#length) list.length = this.#length;
    return list;
  }
}
