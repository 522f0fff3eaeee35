/**
 * Makes equal values one value. `JSON.parse` allocates every value anew, and a cluster's pods repeat a few thousand
 * namespaces, nodes, owners and service accounts a hundred thousand times.
 */
export class Interner {
  readonly #maxEntries: number;
  readonly #strings = new Map<string, string>();
  readonly #values = new Map<string, unknown>();

  /** `maxEntries` (default 50,000) bounds the table; a full one starts over, which costs only sharing. */
  constructor({ maxEntries = 50_000 }: { readonly maxEntries?: number } = {}) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#strings.size;
  }

  intern(value: string): string {
    const known = this.#strings.get(value);
    if (known !== undefined) return known;
    if (this.#strings.size >= this.#maxEntries) this.#strings.clear();
    this.#strings.set(value, value);
    return value;
  }

  /** The same for plain data, which must not be changed afterwards. */
  shared<T>(value: T): T {
    const text = JSON.stringify(value);
    const known = this.#values.get(text);
    // What has the same text has the same type: each text comes from a value given in.
    if (known !== undefined) return known as T;
    if (this.#values.size >= this.#maxEntries) this.#values.clear();
    this.#values.set(text, value);
    return value;
  }

  /** As `intern`; undefined and the empty string, which Kubernetes doesn't tell apart, become undefined. */
  optional(value: string | undefined): string | undefined {
    return value === undefined || value === '' ? undefined : this.intern(value);
  }
}
