import type { Series } from './subject.js';

/** Ids below this are found in an array; proxies count theirs from one. */
const nearIds = 65_536;

/** The series of one call, by the ids that it has declared them with. */
export class DeclaredSeries {
  /** Some declarations find no room, or are of a former epoch: their ids are known all the same. */
  readonly #near: (Series | 'ignored' | undefined)[] = [];
  readonly #far = new Map<number, Series | 'ignored'>();
  #size = 0;

  /** How many ids are declared. */
  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return this.#find(id) !== undefined;
  }

  /** Undefined as well for what is ignored. */
  get(id: number): Series | undefined {
    const found = this.#find(id);
    return found === 'ignored' ? undefined : found;
  }

  set(id: number, series: Series | 'ignored'): void {
    if (!this.has(id)) this.#size += 1;
    if (id < nearIds) this.#near[id] = series;
    else this.#far.set(id, series);
  }

  delete(id: number): void {
    if (!this.has(id)) return;
    this.#size -= 1;
    if (id < nearIds) this.#near[id] = undefined;
    else this.#far.delete(id);
  }

  #find(id: number): Series | 'ignored' | undefined {
    return id < nearIds ? this.#near[id] : this.#far.get(id);
  }
}
