import type { WeightedChoice } from './weighted-choice.js';

/** What is chosen among. */
export interface Candidate {
  /** What another request here would cost; lower is better. */
  cost(nowMs: number): number;
  /** Whether it should be chosen while there are others. */
  isAvailable(nowMs: number): boolean;
}

export interface PickOptions<C extends Candidate> {
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Chosen only where there is nothing else: those that a request has failed on already. */
  readonly avoid?: ReadonlySet<C>;
}

/**
 * The power of two choices: of two drawn at random, the cheaper one. It comes close to the best choice among all without
 * looking at all, and doesn't send a herd to whoever looked best last.
 *
 * With even weights the two are distinct. With others each is drawn by weight and both may be the same one, which gives
 * endpoints of equal cost exactly the share that their weights say, two of them too.
 */
export function pickOfTwo<C extends Candidate>(
  choice: WeightedChoice<C>,
  options: PickOptions<C>,
): C | undefined {
  const { items } = choice;
  const { nowMs, random, avoid } = options;
  const isGood = (it: C): boolean => it.isAvailable(nowMs) && avoid?.has(it) !== true;

  const [first, second] = draw(choice, random);
  if (first === undefined || second === undefined) return undefined;
  const [firstGood, secondGood] = [isGood(first), isGood(second)];
  if (firstGood && secondGood) return cheaper(first, second, nowMs);
  if (firstGood) return first;
  if (secondGood) return second;

  // Both drawn are out of question, which is rare: look at all.
  const good = items.filter(isGood);
  if (good.length > 0) return cheapest(good, nowMs);
  const untried = items.filter((it) => avoid?.has(it) !== true);
  return cheapest(untried.length > 0 ? untried : items, nowMs);
}

function draw<C extends Candidate>(choice: WeightedChoice<C>, random: () => number) {
  const { items } = choice;
  if (!choice.isEven || items.length < 2) return [choice.pick(random()), choice.pick(random())] as const;
  const first = Math.floor(random() * items.length);
  const step = 1 + Math.floor(random() * (items.length - 1));
  return [items[first], items[(first + step) % items.length]] as const;
}

function cheaper<C extends Candidate>(a: C, b: C, nowMs: number): C {
  return b.cost(nowMs) < a.cost(nowMs) ? b : a;
}

function cheapest<C extends Candidate>(candidates: readonly C[], nowMs: number): C | undefined {
  return candidates.length === 0 ? undefined : candidates.reduce((a, b) => cheaper(a, b, nowMs));
}
