/**
 * Hands out the whole numbers of a range, each to one holder at a time, in ascending order and from the start again only
 * when the end is reached: a number that was given back rests for as long as possible.
 */
export class NumberPool {
  readonly #first: number;
  readonly #size: number;
  readonly #isUsable: (number: number) => boolean;
  readonly #holders = new Map<number, string>();
  #next = 0;

  constructor(range: {
    readonly first: number;
    readonly size: number;
    /** Which numbers may be handed out. Default all. */
    readonly isUsable?: (number: number) => boolean;
  }) {
    this.#first = range.first;
    this.#size = range.size;
    this.#isUsable = range.isUsable ?? (() => true);
  }

  /** Undefined where every number is taken. */
  allocate(holder: string): number | undefined {
    for (let tried = 0; tried < this.#size; tried += 1) {
      const number = this.#first + this.#next;
      this.#next = (this.#next + 1) % this.#size;
      if (this.#holders.has(number) || !this.#isUsable(number)) continue;
      this.#holders.set(number, holder);
      return number;
    }
    return undefined;
  }

  /**
   * Takes a number that was chosen elsewhere. False where somebody else holds it. One outside the range is nobody's here
   * and always granted.
   */
  claim(number: number, holder: string): boolean {
    const present = this.#holders.get(number);
    if (present !== undefined || !this.#contains(number)) return present === undefined || present === holder;
    this.#holders.set(number, holder);
    return true;
  }

  /** Only the holder can give a number back. */
  release(number: number, holder: string): void {
    if (this.#holders.get(number) === holder) this.#holders.delete(number);
  }

  #contains(number: number): boolean {
    return number >= this.#first && number < this.#first + this.#size;
  }
}
