import type { Request } from '../oracle/objects.js';
import { Random } from '../../kit/random.js';
import { ClusterAuthor } from './cluster-author.js';
import { drawRequest } from './requests.js';
import { type Kind, kinds, type Source, type Step } from './step.js';
import { drawTraits, type Traits } from './vocabulary.js';

export interface History {
  readonly traits: Traits;
  /** What each client asks for, by its number in the steps. */
  readonly requests: readonly Request[];
  readonly steps: readonly Step[];
  /** How long an unread key is kept, and how many of them. */
  readonly graceMs: number;
  readonly maxIdleKeys: number;
  /** How much the clock moves with each look at it: a slow machine does its work in many turns. */
  readonly msPerLook: number;
}

/** Makes up a history. The same seed makes the same one, whichever way backends are to be told. */
export function writeHistory(seed: number, source: Source): History {
  const random = new Random(seed);
  const traits = drawTraits(random);
  const steps: Step[] = [];
  const requests = Array.from({ length: 4 + random.int(5) }, () => drawRequest(random, traits));
  // More of the same than an engine tells in one go.
  if (random.chance(0.1)) requests.push(...Array.from({ length: 40 }, () => requests[0]!));
  const author = new ClusterAuthor(random, traits, source, (step) => steps.push(step));

  const msPerLook = random.pick([0, 0, 0, 1, 20]);
  const isSlow = msPerLook > 0;

  author.found();
  for (const kind of kinds) steps.push({ do: 'deliver', kind, count: 1_000 });
  for (const client of requests.keys()) if (random.chance(0.8)) steps.push({ do: 'connect', client });

  for (let left = 40 + random.int(120); left > 0; left--) {
    if (random.chance(0.45)) author.change();
    else steps.push(drawEvent(random, traits, requests.length));
    // Somebody hears of it, soon or late.
    if (random.chance(0.4)) steps.push({ do: 'deliver', kind: random.pick(kinds), count: 1 + random.int(4) });
    if (random.chance(0.3)) steps.push({ do: isSlow ? random.pick(['flush', 'turn', 'turn']) : 'flush' });
  }
  return {
    traits,
    requests,
    steps,
    graceMs: random.pick([0, 100, 10_000]),
    maxIdleKeys: random.pick([0, 1, 3, 10_000]),
    msPerLook,
  };
}

function drawEvent(random: Random, { hasChurn }: Traits, clients: number): Step {
  const kind: Kind = random.pick(kinds);
  const client = random.int(clients);
  return random.weighted<() => Step>([
    [40, () => ({ do: 'deliver', kind, count: random.pick([1, 1, 2, 100]) })],
    [20, () => ({ do: 'flush' })],
    [10, () => ({ do: 'turn' })],
    [10, () => ({ do: 'pass', ms: random.pick([1, 10, 200, 11_000]) })],
    [4, () => ({ do: 'relist', kind, behind: random.pick([0, 0, 1, 2]) })],
    [2, () => ({ do: 'fail-to-list', kind })],
    [3, () => ({ do: 'repeat', kind, key: `shop/${random.pick(['p0', 'p1', 'api', 'db', 'api-a'])}` })],
    [hasChurn ? 40 : 10, () => ({ do: 'connect', client })],
    [hasChurn ? 40 : 4, () => ({ do: 'hang-up', client })],
    [6, () => ({ do: 'stall', client })],
    [8, () => ({ do: 'resume', client })],
    [1, () => ({ do: 'restart' })],
  ])();
}
