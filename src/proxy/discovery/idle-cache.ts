export interface IdleCacheOptions<V> {
  /** An entry that nobody asked for in this long goes. */
  readonly idleMs: number;
  readonly create: (key: string) => V;
  readonly close: (value: V) => void;
  readonly nowMs: () => number;
}

interface Entry<V> {
  readonly value: V;
  usedAtMs: number;
}

/** Values by key, made when they are first asked for and closed when nobody has asked for a while. */
export class IdleCache<V> {
  readonly #options: IdleCacheOptions<V>;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: IdleCacheOptions<V>) {
    this.#options = options;
    // An entry outlives its time by a quarter at most.
    this.#timer = setInterval(() => this.sweep(), Math.max(1, options.idleMs / 4)).unref();
  }

  get(key: string): V {
    const { create, nowMs } = this.#options;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { value: create(key), usedAtMs: 0 };
      this.#entries.set(key, entry);
    }
    entry.usedAtMs = nowMs();
    return entry.value;
  }

  entries(): readonly (readonly [string, V])[] {
    return [...this.#entries].map(([key, { value }]) => [key, value]);
  }

  sweep(): void {
    const { close, idleMs, nowMs } = this.#options;
    const now = nowMs();
    for (const [key, entry] of this.#entries) {
      if (now - entry.usedAtMs < idleMs) continue;
      this.#entries.delete(key);
      close(entry.value);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { value } of this.#entries.values()) this.#options.close(value);
    this.#entries.clear();
  }
}
