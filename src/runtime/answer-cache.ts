/**
 * Answers that cost a question to somebody else, kept for a while. Who asks the same while the question is under way
 * shares its answer. A question that fails is asked again by the next one.
 */
export class AnswerCache<T> {
  readonly #keepMs: (answer: T) => number;
  readonly #maxEntries: number;
  readonly #nowMs: () => number;
  /** In the order of asking. */
  readonly #entries = new Map<string, Entry<T>>();

  /**
   * `keepMs`: how long an answer is good for once it is there; 0: for those only who asked before. At most `maxEntries`
   * are kept, the ones that were asked for last.
   */
  constructor(options: {
    readonly keepMs: (answer: T) => number;
    readonly maxEntries: number;
    readonly nowMs: () => number;
  }) {
    this.#keepMs = options.keepMs;
    this.#maxEntries = options.maxEntries;
    this.#nowMs = options.nowMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#nowMs() < known.untilMs) return known.answer;
    const entry: Entry<T> = { answer: ask(), untilMs: Number.POSITIVE_INFINITY };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.answer.then(
      (answer) => {
        const keepMs = this.#keepMs(answer);
        entry.untilMs = this.#nowMs() + keepMs;
        if (keepMs <= 0) this.#forget(key, entry);
      },
      () => this.#forget(key, entry),
    );
    this.#trim();
    return entry.answer;
  }

  #forget(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  #trim(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(key);
    }
  }
}

interface Entry<T> {
  readonly answer: Promise<T>;
  untilMs: number;
}
