import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { controllerId, replicaSetId } from '../../src/core/ids.js';
import { ReportRequest } from '../../src/gen/conduit/telemetry/v1/telemetry.js';
import { createMesh } from '../../src/mesh/mesh.js';
import { Engine } from '../../src/engine/engine.js';
import { createEmbeddedSource } from '../../src/stats/embedded-source.js';
import { summarizeStats } from '../../src/stats/stat-summary.js';
import type { Introduction } from '../../src/telemetry/report.js';
import { ReportReader } from '../../src/telemetry/report-reader.js';
import type { Reporter } from '../../src/telemetry/reporter.js';
import type { Reporters } from '../../src/telemetry/reporters.js';
import { podRow } from '../../test/kit/rows.js';
import { serveCommands } from '../kit/worker.js';
import { cpuMicros } from '../proxy/cpu.js';
import { boundsMs, encodeReport, reports, wholeReport } from './reports.js';
import { anyPod, createReporters, podOf } from './variants.js';

/** A process that takes reports without a transport. Times are of its CPU, whatever else the machine does. */

const buckets = boundsMs.length + 1;

function introduce(reporters: Reporters, connection: number, epochMs = Date.now()): Reporter {
  const id = podOf(connection);
  const caller = anyPod.caller(id, '127.0.0.1');
  if (!caller.ok) throw new Error(caller.problem);
  const pod = id.slice(id.indexOf('/') + 1);
  return reporters.introduce(id, caller.end, {
    namespace: 'shop',
    pod,
    epochMs,
    boundsMs,
  } satisfies Introduction);
}

function apply(reader: ReportReader, reporter: Reporter, bytes: Uint8Array): void {
  const read = reader.read(bytes, buckets);
  if (read.kind !== 'report') throw new Error(JSON.stringify(read));
  const applied = reporter.apply(reader.report);
  if (applied.kind !== 'applied') throw new Error(JSON.stringify(applied));
}

export interface Pace {
  readonly bytes: number;
  /** Of reading and applying. */
  readonly perSecond: number;
  /** Of what the generated code takes for reading alone. */
  readonly generatedPerSecond: number;
}

export interface StatShape {
  readonly deployments: number;
  /** Of each Deployment. */
  readonly pods: 'three' | 'one to three';
  /** How many others each pod asks. */
  readonly others: number;
  readonly times: number;
}

/** Of one question. CPU is that of all threads, the garbage collector's included. */
export interface StatCost {
  readonly tookMs: number;
  readonly cpuMs: number;
}

const commands = {
  /** How fast reports of so many requests a series are taken, by so many proxies in turn. */
  pace({ requests, steps, proxies }: { requests: number; steps: number; proxies: number }): Pace {
    const messages = reports(steps + 1, { requests }).map(encodeReport);
    const reporters = createReporters();
    const known = Array.from({ length: proxies }, (_each, connection) => introduce(reporters, connection));
    const reader = new ReportReader();
    const [first = Buffer.alloc(0), ...later] = messages;
    for (const reporter of known) apply(reader, reporter, first);
    const appliedMicros = cpuMicros();
    for (const bytes of later) {
      for (const reporter of known) apply(reader, reporter, bytes);
    }
    const generatedMicros = cpuMicros();
    let decoded = 0;
    for (const bytes of later) {
      for (let times = 0; times < 50; times++) {
        if (ReportRequest.decode(bytes).message !== undefined) decoded++;
      }
    }
    return {
      bytes: later.at(-1)?.byteLength ?? 0,
      perSecond: (later.length * known.length * 1e6) / (generatedMicros - appliedMicros),
      generatedPerSecond: (decoded * 1e6) / (cpuMicros() - generatedMicros),
    };
  },
  /** What the heap and buffers grow by with so many series, 1,000 of each proxy, in the proportion that proxies have them. */
  async memory(
    series: number,
  ): Promise<{ heapBytes: number; bufferBytes: number; turnMs: number; mergeMs: number }> {
    let nowMs = Date.now();
    const reporters = createReporters(() => nowMs);
    const reader = new ReportReader();
    const whole = wholeReport(100);
    const bytes = encodeReport(whole);
    const before = await settledMemory();
    for (let proxy = 0; proxy * 1_000 < series; proxy++) {
      apply(reader, introduce(reporters, proxy, nowMs), bytes);
    }
    if (reporters.seriesCount !== series) throw new Error(`${reporters.seriesCount} series`);
    const after = await settledMemory();
    // Every subject grows in every frame, for long enough that frames are merged.
    const turnsMs: number[] = [];
    const slicesMs: number[] = [];
    for (let turn = 0; turn < 24; turn++) {
      nowMs += 5_000;
      const startedMicros = cpuMicros();
      reporters.turn();
      turnsMs.push((cpuMicros() - startedMicros) / 1_000);
      for (let isMore = true; isMore; ) {
        const sliceMicros = cpuMicros();
        isMore = reporters.windows.coarsen();
        slicesMs.push((cpuMicros() - sliceMicros) / 1_000);
      }
      const next = encodeReport({
        ...whole,
        sequence: BigInt(turn + 2),
        complete: false,
        series: [],
        values: whole.values.map((value) => value + BigInt(turn + 1)),
        latencies: whole.latencies.map((each) => ({
          ...each,
          counts: each.counts.map((count) => count + BigInt(turn + 1)),
        })),
      });
      for (const reporter of reporters.all()) apply(reader, reporter, next);
    }
    const sorted = turnsMs.toSorted((a, b) => a - b);
    return {
      heapBytes: after.heap - before.heap,
      bufferBytes: after.buffers - before.buffers,
      turnMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
      mergeMs: Math.max(...slicesMs),
    };
  },
  /** How long `stat deploy -A` takes over so many Deployments, whose pods all ask so many others in every frame. */
  async stat({ deployments, times, ...shape }: StatShape): Promise<readonly StatCost[]> {
    const mesh = createMesh(new Engine({ onError: rethrow }), {
      controllerNamespace: 'conduit',
      trustDomain: 'cluster.local',
      enableH2Upgrade: true,
      defaultOpaquePorts: [],
      clusterDomain: 'cluster.local',
      enableSelfOverride: true,
    });
    let nowMs = Date.now();
    const reporters = createReporters(() => nowMs);
    const reader = new ReportReader();
    const messages = reports(14, { requests: 1_000, others: shape.others }).map(encodeReport);
    const known: Reporter[] = [];
    for (let index = 0; index < deployments; index++) {
      const name = `app${index}`;
      const id = controllerId('shop', name);
      mesh.tables.controllers.Deployment.rows.apply(id, { id, namespace: 'shop', name });
      const replicaSet = replicaSetId('shop', `${name}-5d4`);
      mesh.tables.replicaSets.apply(replicaSet, { id: replicaSet, owner: { kind: 'Deployment', name } });
      const pods = shape.pods === 'three' ? 3 : 1 + (index % 3);
      for (let pod = 0; pod < pods; pod++) {
        const row = podRow(`${name}-${pod}`, {
          ips: [`10.${pod}.${index >> 8}.${index & 255}`],
          owner: { kind: 'ReplicaSet', name: `${name}-5d4` },
        });
        mesh.tables.pods.apply(row.id, row);
        const caller = anyPod.caller(row.id, '');
        if (!caller.ok) throw new Error(caller.problem);
        known.push(
          reporters.introduce(row.id, caller.end, {
            namespace: 'shop',
            pod: row.name,
            epochMs: nowMs,
            boundsMs,
          }),
        );
      }
    }
    for (const bytes of messages) {
      for (const reporter of known) apply(reader, reporter, bytes);
      nowMs += 5_000;
      reporters.turn();
    }
    const source = createEmbeddedSource({
      reporters,
      mesh,
      clusterDomain: 'cluster.local',
      nowMs: () => nowMs,
    });
    const selection = { kind: 'Deployment', namespace: undefined, name: undefined, labels: [] } as const;
    const other = { ...selection, kind: 'Namespace', name: 'shop' } as const;
    mesh.tables.namespaces.apply('shop' as never, { name: 'shop' as never });
    const costs: StatCost[] = [];
    for (let time = 0; time < times; time++) {
      const startedMs = performance.now();
      const startedMicros = cpuMicros();
      const summary = await summarizeStats(
        { selections: [selection], windowMs: 60_000, edge: { kind: 'to', other } },
        { mesh, source },
      );
      costs.push({
        tookMs: performance.now() - startedMs,
        cpuMs: (cpuMicros() - startedMicros) / 1_000,
      });
      if (summary.kind !== 'summary') throw new Error(JSON.stringify(summary));
      const rows = summary.response.tables[0]?.rows ?? [];
      if (rows.length !== deployments || rows.some(({ http }) => (http?.successes ?? 0) === 0)) {
        throw new Error(`${rows.length} rows, of which some are empty`);
      }
      // A breath, as between the questions of people.
      await setTimeout(1);
    }
    return costs;
  },
} as const;

export type AloneCommands = typeof commands;

function rethrow(error: unknown): never {
  throw error;
}

async function settledMemory(): Promise<{ heap: number; buffers: number }> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('needs --expose-gc');
  for (let round = 0; round < 3; round++) {
    gc();
    await setTimeout(100);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

serveCommands(commands);
