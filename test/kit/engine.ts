import { Engine, type EngineOptions } from '../../src/engine/engine.js';
import { deepFreeze } from './deep-freeze.js';
import { ManualScheduler } from './manual-scheduler.js';

/** An engine that publishes when told to, freezes what it publishes, and fails the test on a derivation that throws. */
export function testEngine(options: Partial<EngineOptions> = {}): {
  engine: Engine;
  scheduler: ManualScheduler;
} {
  const scheduler = new ManualScheduler();
  const engine = new Engine({
    scheduler,
    inspect: deepFreeze,
    onError: (error, { view, key }) => {
      throw new Error(`view ${view} failed at ${key}`, { cause: error });
    },
    ...options,
  });
  return { engine, scheduler };
}
