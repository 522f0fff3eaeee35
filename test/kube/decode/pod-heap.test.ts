import { expect, test } from 'vitest';
import { measurePodRowHeap } from '../../kit/pod-row-heap.js';

test('a pod costs less than a kilobyte of heap, however large its JSON', () => {
  const { bytesPerRow, jsonBytes } = measurePodRowHeap(5_000);
  expect(jsonBytes).toBeGreaterThan(3_000);
  expect(bytesPerRow).toBeLessThan(1_000);
});
