import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ReplicaSetState,
  proportionalStep,
  rollingStep,
} from '../../../src/sandbox/controllers/rollout.js';

function set(name: string, replicas: number, state: Partial<ReplicaSetState> = {}): ReplicaSetState {
  return {
    name,
    replicas,
    active: replicas,
    available: replicas,
    createdAtMs: 0,
    maxReplicas: undefined,
    ...state,
  };
}

describe('rollingStep', () => {
  const limits = { desired: 4, maxSurge: 1, maxUnavailable: 1 };

  test('brings up as many new pods as the surge has room for, and takes down as many old ones as may be missing', () => {
    const next = rollingStep({ ...limits, newSet: set('new', 0), oldSets: [set('old', 4)] });
    expect(Object.fromEntries(next)).toEqual({ old: 3, new: 1 });
  });

  test('waits for new pods to become available before it takes down more old ones', () => {
    const next = rollingStep({
      ...limits,
      newSet: set('new', 2, { available: 0 }),
      oldSets: [set('old', 3)],
    });
    expect(Object.fromEntries(next)).toEqual({});
  });

  test('counts pods that their set has yet to delete', () => {
    const next = rollingStep({
      ...limits,
      newSet: set('new', 1),
      oldSets: [set('old', 3, { active: 4, available: 3 })],
    });
    expect(Object.fromEntries(next)).toEqual({ old: 2 });
  });

  test('takes down old pods that serve nobody first, from the oldest set on', () => {
    const older = set('older', 2, { createdAtMs: 1 });
    const broken = set('broken', 2, { available: 0, createdAtMs: 2 });
    const next = rollingStep({ ...limits, newSet: set('new', 1), oldSets: [older, broken] });
    expect(Object.fromEntries(next)).toEqual({ broken: 0 });
    const more = rollingStep({ ...limits, newSet: set('new', 2), oldSets: [older, broken] });
    expect(Object.fromEntries(more)).toEqual({ older: 1, broken: 0 });
  });

  test('shrinks a set that has more than is desired', () => {
    const next = rollingStep({ ...limits, desired: 2, newSet: set('new', 5), oldSets: [] });
    expect(Object.fromEntries(next)).toEqual({ new: 2 });
  });

  test('never leaves its limits and always arrives, however pods come and go in between', () => {
    const world = fc.record({
      desired: fc.integer({ min: 0, max: 12 }),
      maxSurge: fc.integer({ min: 0, max: 4 }),
      maxUnavailable: fc.integer({ min: 0, max: 4 }),
      seed: fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(world, ({ desired, maxSurge, maxUnavailable: maybe, seed }) => {
        const maxUnavailable = maxSurge + maybe === 0 ? 1 : Math.min(maybe, desired);
        fc.pre(maxSurge + maxUnavailable > 0 || desired === 0);
        let newSet = set('new', 0);
        let oldSet = set('old', desired);
        let mostActive = 0;
        let leastAvailable = desired;
        for (let turn = 0; turn < 400; turn += 1) {
          const next = rollingStep({ desired, maxSurge, maxUnavailable, newSet, oldSets: [oldSet] });
          newSet = { ...newSet, replicas: next.get('new') ?? newSet.replicas };
          oldSet = { ...oldSet, replicas: next.get('old') ?? oldSet.replicas };
          // What the sets' own controller and the pods do until the next look, in whatever order.
          for (const step of [seed[turn % seed.length] ?? 0, turn % 4]) {
            if (step === 0) newSet = { ...newSet, active: newSet.replicas };
            if (step === 1) newSet = { ...newSet, available: Math.min(newSet.active, newSet.available + 1) };
            if (step === 2) {
              const { replicas, available } = oldSet;
              oldSet = { ...oldSet, active: replicas, available: Math.min(available, replicas) };
            }
            mostActive = Math.max(mostActive, newSet.active + oldSet.active);
            leastAvailable = Math.min(leastAvailable, newSet.available + oldSet.available);
          }
        }
        expect([newSet.replicas, oldSet.replicas]).toEqual([desired, 0]);
        expect(mostActive).toBeLessThanOrEqual(desired + maxSurge);
        expect(leastAvailable).toBeGreaterThanOrEqual(desired - maxUnavailable);
      }),
      { numRuns: 80 },
    );
  });
});

describe('proportionalStep', () => {
  test('gives everything to the only set with pods, or else to the new one', () => {
    const scale = { desired: 7, maxSurge: 2 };
    const only = proportionalStep({ ...scale, newSet: set('new', 0), oldSets: [set('old', 3)] });
    expect(Object.fromEntries(only)).toEqual({ old: 7 });
    const none = proportionalStep({ ...scale, newSet: set('new', 0), oldSets: [set('old', 0)] });
    expect(Object.fromEntries(none)).toEqual({ new: 7 });
    const latest = [set('a', 0, { createdAtMs: 1 }), set('b', 0, { createdAtMs: 2 })];
    expect(Object.fromEntries(proportionalStep({ ...scale, newSet: undefined, oldSets: latest }))).toEqual({
      b: 7,
    });
    expect(proportionalStep({ ...scale, newSet: undefined, oldSets: [] }).size).toBe(0);
  });

  test('grows and shrinks sets by their share', () => {
    const newSet = set('new', 4, { maxReplicas: 12, createdAtMs: 2 });
    const oldSets = [set('old', 8, { maxReplicas: 12, createdAtMs: 1 })];
    const grown = proportionalStep({ desired: 20, maxSurge: 4, newSet, oldSets });
    expect(Object.fromEntries(grown)).toEqual({ old: 16, new: 8 });
    const shrunk = proportionalStep({ desired: 5, maxSurge: 1, newSet, oldSets });
    expect(Object.fromEntries(shrunk)).toEqual({ old: 4, new: 2 });
    const emptied = proportionalStep({ desired: 0, maxSurge: 0, newSet, oldSets });
    expect(Object.fromEntries(emptied)).toEqual({ old: 0, new: 0 });
  });

  test('gives what rounding leaves over to the biggest set', () => {
    const newSet = set('new', 3, { maxReplicas: 10, createdAtMs: 2 });
    const oldSets = [set('old', 7, { maxReplicas: 10, createdAtMs: 1 })];
    const next = proportionalStep({ desired: 11, maxSurge: 0, newSet, oldSets });
    expect(Object.fromEntries(next)).toEqual({ old: 8, new: 3 });
  });

  test('ends the rollout where the new set does the work already', () => {
    const next = proportionalStep({
      desired: 3,
      maxSurge: 1,
      newSet: set('new', 3),
      oldSets: [set('old', 2)],
    });
    expect(Object.fromEntries(next)).toEqual({ old: 0 });
  });

  test('arrives at the allowed total', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 5 }),
        (sizes, desired, maxSurge) => {
          const before = sizes.reduce((total, size) => total + size, 0);
          const oldSets = sizes.map((size, index) =>
            set(`s${index}`, size, { createdAtMs: index, maxReplicas: before }),
          );
          const next = proportionalStep({ desired, maxSurge, newSet: undefined, oldSets });
          const after = [...next.values()];
          expect(after.every((replicas) => replicas >= 0)).toBe(true);
          expect(after.reduce((total, size) => total + size, 0)).toBe(desired + maxSurge);
        },
      ),
    );
  });
});
