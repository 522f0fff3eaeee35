import { expect, test } from 'vitest';
import { CrashBackoff, kubernetesBackoff } from '../../../src/sandbox/containers/crash-backoff.js';

test('waits as the kubelet does, and forgives what ran for ten minutes', () => {
  const backoff = new CrashBackoff(kubernetesBackoff);
  const waits = (count: number, ranForMs: number): readonly number[] =>
    Array.from({ length: count }, () => backoff.next(ranForMs) / 1_000);
  expect(waits(8, 1_000)).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  expect(waits(2, 600_000)).toEqual([300, 300]);
  expect(waits(1, 600_001)).toEqual([0]);
  expect(waits(2, 0)).toEqual([10, 20]);
});
