import { equal } from 'node:assert/strict';
import { ApiClient } from '../../src/kube/api-client.js';
import type { ClusterResult } from '../../src/kube/cluster.js';
import { findCluster } from '../../src/kube/find-cluster.js';
import { meshLabels } from '../../src/kube/decode/mesh-labels.js';
import { Reflector, type ReflectorOptions } from '../../src/kube/reflector.js';
import { pods } from '../../src/kube/resources.js';
import type { FailureReason, RelistReason, WatchStatus } from '../../src/kube/watch-status.js';
import type { PodRow } from '../../src/mesh/rows.js';
import { rawList, rawPod } from '../kit/kube-objects.js';
import { recordingLog } from '../kit/log.js';
import { until } from '../kit/until.js';
import { ManualClock } from './manual-clock.js';
import { RecordingSink } from './recording-sink.js';
import { type Ask, ScriptedServer } from './scripted-server.js';

/** A reflector of pods against a server that the test plays, in a time that the test moves. */
export class Lab {
  readonly server: ScriptedServer;
  readonly client: ApiClient;
  readonly clock = new ManualClock();
  readonly sink = new RecordingSink<PodRow>();
  readonly controller = new AbortController();
  readonly log = recordingLog();
  reflector: Reflector<PodRow> | undefined;
  done: Promise<void> = Promise.resolve();

  constructor(server: ScriptedServer, cluster: ClusterResult) {
    if (!cluster.ok) throw new Error(cluster.problem.expected);
    this.server = server;
    this.client = new ApiClient({ cluster: cluster.cluster, clock: this.clock });
  }

  start(options: Partial<ReflectorOptions<PodRow>> = {}): void {
    const reflector = new Reflector({
      client: this.client,
      resource: pods(meshLabels('conduit.io')),
      sink: this.sink,
      log: this.log.log,
      signal: this.controller.signal,
      clock: this.clock,
      // The longest of all delays: 1.6 s, 3.2 s, …
      random: () => 0,
      ...options,
    });
    this.reflector = reflector;
    this.done = reflector.run();
  }

  get status(): WatchStatus {
    if (this.reflector === undefined) throw new Error('not started');
    return this.reflector.status();
  }

  get failures(): Partial<Record<FailureReason, number>> {
    return Object.fromEntries(Object.entries(this.status.counters.failures).filter(([, count]) => count > 0));
  }

  get relists(): Partial<Record<RelistReason, number>> {
    return Object.fromEntries(Object.entries(this.status.counters.relists).filter(([, count]) => count > 0));
  }

  get names(): readonly string[] {
    return [...this.sink.rows.keys()].sort();
  }

  /** Starts, lists `pods` as of version 10, and grants the watch. */
  async watching(
    names: readonly string[] = ['a', 'b'],
    options: Partial<ReflectorOptions<PodRow>> = {},
  ): Promise<Ask> {
    this.start(options);
    (await this.server.nextList()).json(listOf(names, '10'));
    return this.granted();
  }

  /** Grants the next watch, and waits until that has been seen. */
  async granted(): Promise<Ask> {
    const watch = await this.server.nextWatch();
    watch.grant();
    await until(() => this.status.staleSinceMs === undefined, { what: 'the watch to be granted' });
    return watch;
  }

  /** Waits for a backoff, which must be of that reason and length, and lets it pass. */
  async passBackoff(reason: FailureReason, delayMs: number): Promise<void> {
    const { untilMs } = await until(
      () => {
        const { phase } = this.status;
        return phase.kind === 'backing-off' && phase.reason === reason ? phase : undefined;
      },
      { what: `a backoff after ${reason}` },
    );
    equal(untilMs - this.clock.nowMs(), delayMs, 'the delay');
    equal(this.server.waiting, 0, 'requests while waiting');
    this.clock.advance(delayMs);
  }

  /** Waits until the resource counts as not installed, and lets the time until the next look pass. */
  async passAbsence(delayMs: number): Promise<void> {
    const { untilMs } = await until(
      () => {
        const { phase } = this.status;
        return phase.kind === 'absent' && phase.untilMs > this.clock.nowMs() ? phase : undefined;
      },
      { what: 'the resource to be absent' },
    );
    equal(untilMs - this.clock.nowMs(), delayMs, 'the delay');
    equal(this.server.waiting, 0, 'requests while waiting');
    this.clock.advance(delayMs);
  }

  async close(): Promise<void> {
    this.controller.abort();
    await this.done;
    this.client.close();
    await this.server.close();
    equal(this.clock.pending, 0, 'timers left behind');
  }
}

export function listOf(names: readonly string[], resourceVersion: string) {
  return rawList(
    names.map((name) => rawPod(name)),
    { resourceVersion },
  );
}

/** A lab with a server that runs. */
export async function openLab(): Promise<Lab> {
  const server = await ScriptedServer.start();
  return new Lab(server, await findCluster({ server: server.url }));
}
