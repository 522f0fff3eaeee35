/**
 * Finds the elements of a list by their keys, for somebody who asks for them more or less in their order: then each is next to
 * the one before it, and nothing has to be looked up.
 */
export class InOrder<T> {
  readonly #elements: readonly T[];
  readonly #keyOf: (element: T) => string;
  #next = 0;
  #placeOf: ReadonlyMap<string, number> | undefined;

  constructor(elements: readonly T[], keyOf: (element: T) => string) {
    this.#elements = elements;
    this.#keyOf = keyOf;
  }

  /** The one after that which was found last, without looking at its key: asked for by `find` with its key, it would be found. */
  get next(): T | undefined {
    return this.#elements[this.#next];
  }

  /** Counts `next` as found, and what follows it if more are to be passed. */
  pass(count = 1): void {
    this.#next += count;
  }

  /** An element of that key; of several, any. One that was found before may not be found again. */
  find(key: string): T | undefined {
    const next = this.#elements[this.#next];
    // All have been found, one after the other.
    if (next === undefined && this.#placeOf === undefined) return undefined;
    if (next !== undefined && this.#keyOf(next) === key) {
      this.#next++;
      return next;
    }
    this.#placeOf ??= new Map(this.#elements.map((element, place) => [this.#keyOf(element), place]));
    const place = this.#placeOf.get(key);
    if (place === undefined) return undefined;
    this.#next = place + 1;
    return this.#elements[place];
  }
}
