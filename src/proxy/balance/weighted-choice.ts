/** Chooses among things in proportion to their weights, which are above zero. */
export class WeightedChoice<T> {
  readonly #items: readonly T[];
  /** Undefined where all weights are the same. */
  readonly #upTo: readonly number[] | undefined;

  constructor(items: readonly T[], weightOf: (item: T) => number) {
    this.#items = items;
    const weights = items.map(weightOf);
    let sum = 0;
    this.#upTo = weights.some((weight) => weight !== weights[0])
      ? weights.map((weight) => (sum += weight))
      : undefined;
  }

  get isEven(): boolean {
    return this.#upTo === undefined;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  /** `random` is uniform in [0, 1). Undefined where there is nothing to choose from. */
  pick(random: number): T | undefined {
    if (this.#upTo === undefined) return this.#items[Math.floor(random * this.#items.length)];
    const target = random * (this.#upTo.at(-1) ?? 0);
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#upTo[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return this.#items[low];
  }
}
