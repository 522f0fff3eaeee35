import type { Source, Step } from './history/step.js';
import { type History, writeHistory } from './history/write-history.js';
import { type Failure, tryHistory } from './trial.js';

export const sources: readonly Source[] = ['EndpointSlice', 'Endpoints'];

export interface FailedSeed {
  readonly seed: number;
  readonly source: Source;
  readonly failure: Failure;
}

/** Runs the history of a seed, once for each source of backends. */
export function trySeed(seed: number): FailedSeed | undefined {
  for (const source of sources) {
    const failure = tryHistory(writeHistory(seed, source), source);
    if (failure !== undefined) return { seed, source, failure };
  }
  return undefined;
}

/** All that somebody needs who is to find out why: what is wrong, the fewest steps that lead there, and how to see it again. */
export function report({ seed, source }: FailedSeed): string {
  const { steps, failure } = shrink(writeHistory(seed, source), source);
  return [
    `seed ${seed} fails with ${source} as the source of backends: ${failure.message}`,
    `after ${steps.length} steps:`,
    ...steps.map((step) => `  ${JSON.stringify(step)}`),
    `again: npm run test:seeds -- --from ${seed} --seeds 1`,
  ].join('\n');
}

/** Drops steps as long as the history still fails, in some way. */
function shrink(
  history: History,
  source: Source,
): { readonly steps: readonly Step[]; readonly failure: Failure } {
  const attempt = (steps: readonly Step[]): Failure | undefined => tryHistory({ ...history, steps }, source);
  let steps = history.steps;
  let failure = attempt(steps);
  if (failure === undefined) throw new Error('it does not fail any more');
  steps = steps.slice(0, failure.step + 1);
  for (let size = steps.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = steps.length - size; from >= 0; from -= size) {
      const fewer = steps.toSpliced(from, size);
      const found = attempt(fewer);
      if (found === undefined) continue;
      steps = fewer;
      failure = found;
    }
  }
  return { steps, failure };
}
