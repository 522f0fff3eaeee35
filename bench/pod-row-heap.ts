import process from 'node:process';
import { measurePodRowHeap } from '../test/kit/pod-row-heap.js';

// node --expose-gc --import tsx bench/pod-row-heap.ts [pods]
const count = Number(process.argv[2] ?? 100_000);
const { bytesPerRow, jsonBytes, microsPerPod } = measurePodRowHeap(count);
console.log(
  `${count} pods of ${Math.round(jsonBytes)} bytes of JSON: ${Math.round(bytesPerRow)} bytes of heap each, ` +
    `${microsPerPod.toFixed(1)} µs to parse and decode`,
);
