import { isDeepStrictEqual } from 'node:util';
import type { ToldEndpoint } from '../../client/told-endpoint.js';
import { type AddressKey, addressKey } from '../../core/endpoint.js';
import type { Target } from '../metrics/observer.js';
import { type Connections, Endpoint } from './endpoint.js';
import { pickOfTwo } from './power-of-two.js';
import { WeightedChoice } from './weighted-choice.js';

export interface BalancerOptions {
  /** What discovery was asked for. */
  readonly authority: string | undefined;
  readonly connect: (target: () => Target) => Connections;
  /** Milliseconds of any clock that only goes forward. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Before anything was measured: linkerd2-proxy's figure. */
const defaultEstimateMs = 30;

/** Chooses among the endpoints of a destination. */
export class Balancer {
  readonly #options: BalancerOptions;
  #endpoints: ReadonlyMap<AddressKey, Endpoint> = new Map();
  #choice = new WeightedChoice<Endpoint>([], () => 1);
  #waiting: (() => void)[] = [];

  constructor(options: BalancerOptions) {
    this.#options = options;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#choice.items;
  }

  /** The best of two endpoints. Those to avoid are given only where there are no others; undefined where there is none. */
  pick(avoid?: ReadonlySet<Endpoint>): Endpoint | undefined {
    const { nowMs, random } = this.#options;
    return pickOfTwo(this.#choice, { nowMs: nowMs(), random, ...(avoid && { avoid }) });
  }

  /**
   * Replaces the set. Endpoints that stay keep their connections and what was measured; ones that are gone finish what
   * they have; new ones start with the mean of the others' estimates, neither flooded nor shunned.
   */
  update(told: readonly ToldEndpoint[]): void {
    const { authority, connect, random } = this.#options;
    const nowMs = this.#options.nowMs();
    const before = [...this.#endpoints.values()];
    const estimateMs =
      before.length === 0
        ? defaultEstimateMs
        : before.reduce((sum, it) => sum + it.estimateMs(nowMs), 0) / before.length;
    const next = new Map<AddressKey, Endpoint>();
    for (const it of told) {
      const key = addressKey(it.ip, it.port);
      const known = this.#endpoints.get(key);
      if (known !== undefined && !isDeepStrictEqual(known.told, it)) known.redescribe(it);
      next.set(key, known ?? new Endpoint({ told: it, authority, connect, estimateMs, nowMs, random }));
    }
    this.#endpoints = next;
    this.#choice = new WeightedChoice([...next.values()], ({ told: { weight } }) => Math.max(weight, 1));
    const mean = [...next.values()].reduce((sum, it) => sum + it.told.weight, 0) / next.size;
    for (const it of next.values()) it.relativeWeight = mean > 0 ? Math.max(it.told.weight, 1) / mean : 1;
    for (const it of before) if (!next.has(addressKey(it.told.ip, it.told.port))) it.retire();
    if (next.size > 0) for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves to whether there is an endpoint, as soon as there is one, at the latest after `timeoutMs`. */
  whenReady(timeoutMs: number): Promise<boolean> {
    if (this.#endpoints.size > 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((it) => it !== wake);
        resolve(false);
      }, timeoutMs);
      this.#waiting.push(wake);
    });
  }
}
