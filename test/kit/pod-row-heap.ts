import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { JsonNode } from '../../src/kube/decode/json-node.js';
import { podDecoder } from '../../src/kube/decode/pod.js';
import type { PodRow } from '../../src/mesh/rows.js';
import { realisticPodJson } from './realistic-pod.js';

export interface PodRowHeap {
  /** Heap in use for each pod, in bytes: the row, its strings, its entry in a map. */
  readonly bytesPerRow: number;
  /** Mean length of a pod's JSON, in bytes. */
  readonly jsonBytes: number;
  /** Mean time to parse a pod and make a row of it, in microseconds. */
  readonly microsPerPod: number;
}

/** Decodes `count` pods from JSON text, one by one, into a map, and looks at what is left of them. */
export function measurePodRowHeap(count: number): PodRowHeap {
  const collectGarbage = garbageCollector();
  const decode = podDecoder(meshLabels('conduit.io'));
  const rows = new Map<string, PodRow>();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  let jsonBytes = 0;
  let micros = 0;
  for (let index = 0; index < count; index += 1) {
    const json = realisticPodJson(index);
    jsonBytes += json.length;
    const start = performance.now();
    const decoded = decode(JsonNode.root(JSON.parse(json)));
    micros += (performance.now() - start) * 1_000;
    if (decoded.kind === 'row') rows.set(decoded.row.id, decoded.row);
  }
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  if (rows.size !== count) throw new Error(`${rows.size} rows of ${count} pods`);
  return {
    bytesPerRow: (after - before) / count,
    jsonBytes: jsonBytes / count,
    microsPerPod: micros / count,
  };
}

function garbageCollector(): () => void {
  // Works without a flag on the command line; the function is only visible in contexts made after this.
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('no garbage collector to call');
  return () => {
    collect();
    collect();
  };
}
