/** How finely time is divided. Whoever is held waits this long at most, which nobody sees who watches lines go by. */
export const sampleTickMs = 50;

const ticksPerSecond = 1_000 / sampleTickMs;

/** How many times the busiest of the last ticks a tick has to have room for, before requests are taken unseen. */
const ampleFactor = 20;

export interface FairSampleOptions {
  /** How many a second to take, on average over any longer time; above 0. */
  readonly maxRps: number;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** What became of one that was offered. */
export type Offered<Item> =
  /** It is taken, now. */
  | { readonly kind: 'taken' }
  /** It is held until the tick ends, and `loser`, which may be itself, is out. */
  | { readonly kind: 'held'; readonly loser: Item | undefined };

/**
 * Chooses among those that come, so that of each tick's all have the same chance, wherever in a burst they come and
 * whoever sends them.
 *
 * That can only be known at the end of the tick, so those that are in for now are held until then (algorithm R of
 * reservoir sampling). Every tick has a share of the rate to give away: a burst uses up its own tick's, and what rates
 * left over in quiet times, up to a fifth of a second's worth; those that come after it have theirs. While more come than
 * may be taken, shares that aren't whole are rounded at random, so that nothing which recurs to a beat is always missed.
 *
 * Where the rate leaves ample room, nobody is held.
 */
export class FairSample<Item> {
  readonly #share: number;
  readonly #cap: number;
  readonly #random: () => number;
  readonly #held: Item[] = [];
  /** How many came in each of the last ticks, the current one last. */
  readonly #came: number[] = Array.from({ length: ticksPerSecond }, () => 0);
  #saved: number;
  #quota: number;
  #offered = 0;
  #taken = 0;

  constructor({ maxRps, random }: FairSampleOptions) {
    this.#share = maxRps / ticksPerSecond;
    this.#cap = Math.max(1, maxRps / 5);
    this.#random = random;
    this.#saved = this.#cap;
    this.#quota = Math.floor(this.#saved);
  }

  offer(item: Item): Offered<Item> {
    this.#offered += 1;
    if (this.#held.length === 0 && this.#taken < this.#quota && this.#isAmple()) {
      this.#taken += 1;
      return { kind: 'taken' };
    }
    const room = this.#quota - this.#taken;
    if (this.#held.length < room) {
      this.#held.push(item);
      return { kind: 'held', loser: undefined };
    }
    // Of the n that came since the first was held, each is to stay with the chance room ÷ n.
    const place = Math.floor(this.#random() * (this.#offered - this.#taken));
    const loser = this.#held[place];
    if (place >= room || loser === undefined) return { kind: 'held', loser: item };
    this.#held[place] = item;
    return { kind: 'held', loser };
  }

  /** Ends the tick: those that are in, in the order in which they came where none was replaced. Due every `sampleTickMs`. */
  endTick(): readonly Item[] {
    const chosen = this.#held.splice(0);
    const taken = this.#taken + chosen.length;
    this.#came.shift();
    this.#came.push(this.#offered);
    // Below zero is the debt of rounding up, which stops where it is as large as savings can be.
    this.#saved = Math.min(this.#cap, this.#saved - taken + this.#share);
    this.#offered = 0;
    this.#taken = 0;
    this.#quota = this.#isLimited() ? this.#roundedShare() : Math.max(0, Math.floor(this.#saved));
    return chosen;
  }

  /** Whether somebody is held. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  #isLimited(): boolean {
    return this.#came.reduce((sum, came) => sum + came, 0) > this.#share * ticksPerSecond;
  }

  #roundedShare(): number {
    const whole = Math.floor(this.#share);
    const isUp = this.#random() < this.#share - whole;
    // Where ticks without anybody let savings grow, they are used; but not by whoever comes first each time.
    if (this.#saved >= this.#cap && this.#random() < 0.5) return Math.floor(this.#saved);
    return this.#saved <= -this.#cap ? 0 : whole + (isUp ? 1 : 0);
  }

  #isAmple(): boolean {
    let busiest = this.#offered;
    for (const came of this.#came) busiest = Math.max(busiest, came);
    return this.#quota >= ampleFactor * busiest;
  }
}
