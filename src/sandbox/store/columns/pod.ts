import { type Column, ageColumn, column, nameColumn } from '../column.js';
import { ageOf } from '../duration.js';
import { type Fields, at, fieldsAt, isTrueAt, numberAt, recordsAt, textAt } from '../field.js';
import type { KubeObject } from '../object.js';

/** The one-line summary of a pod. The rules of STATUS and RESTARTS are those of kubectl's users' habit. */
interface Summary {
  readonly total: number;
  readonly ready: number;
  readonly status: string;
  readonly restarts: number;
  /** When a container last ended before it was started again. */
  readonly lastRestart: string | undefined;
}

export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (pod) => {
    const { ready, total } = summaryOf(pod);
    return `${ready}/${total}`;
  }),
  column('Status', (pod) => summaryOf(pod).status),
  column('Restarts', (pod, now) => {
    const { restarts, lastRestart } = summaryOf(pod);
    return restarts === 0 || lastRestart === undefined
      ? String(restarts)
      : `${restarts} (${ageOf(lastRestart, now)} ago)`;
  }),
  ageColumn,
  column('IP', (pod) => textAt(pod, 'status', 'podIPs', 0, 'ip') ?? orNone(pod, 'status', 'podIP'), {
    wide: true,
  }),
  column('Node', (pod) => orNone(pod, 'spec', 'nodeName'), { wide: true }),
  column('Nominated Node', (pod) => orNone(pod, 'status', 'nominatedNodeName'), { wide: true }),
  column('Readiness Gates', readinessGates, { wide: true }),
];

function orNone(pod: KubeObject, ...path: readonly string[]): string {
  const text = textAt(pod, ...path) ?? '';
  return text === '' ? '<none>' : text;
}

function readinessGates(pod: KubeObject): string {
  const gates = recordsAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) => hasCondition(pod, textAt(gate, 'conditionType') ?? ''));
  return `${met.length}/${gates.length}`;
}

function hasCondition(pod: KubeObject, type: string): boolean {
  return recordsAt(pod, 'status', 'conditions').some(
    (one) => one['type'] === type && one['status'] === 'True',
  );
}

const summaries = new WeakMap<KubeObject, Summary>();

function summaryOf(pod: KubeObject): Summary {
  const known = summaries.get(pod);
  if (known) return known;
  const summary = summarize(pod);
  summaries.set(pod, summary);
  return summary;
}

function summarize(pod: KubeObject): Summary {
  const sidecars = recordsAt(pod, 'spec', 'initContainers').filter(isSidecar);
  const total = recordsAt(pod, 'spec', 'containers').length + sidecars.length;
  const init = summarizeInit(pod, phaseOf(pod));
  const summary =
    init.initializing && !hasCondition(pod, 'Initialized') ? init : summarizeContainers(pod, init);
  return { ...summary, total, status: deletionStatus(pod) ?? summary.status };
}

function isSidecar(container: Fields): boolean {
  return container['restartPolicy'] === 'Always';
}

function phaseOf(pod: KubeObject): string {
  const gated = recordsAt(pod, 'status', 'conditions').some(
    (one) => one['type'] === 'PodScheduled' && one['reason'] === 'SchedulingGated',
  );
  if (gated) return 'SchedulingGated';
  const reason = textAt(pod, 'status', 'reason') ?? '';
  return reason === '' ? (textAt(pod, 'status', 'phase') ?? '') : reason;
}

function deletionStatus(pod: KubeObject): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  const phase = textAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed' ? undefined : 'Terminating';
}

interface InitSummary extends Omit<Summary, 'total'> {
  /** An init container has yet to end, or a sidecar has yet to start. */
  readonly initializing: boolean;
  readonly sidecarRestarts: number;
  readonly sidecarLastRestart: string | undefined;
}

function summarizeInit(pod: KubeObject, phase: string): InitSummary {
  const containers = recordsAt(pod, 'spec', 'initContainers');
  const sidecars = new Set(containers.filter(isSidecar).map(({ name }) => name));
  const counts = { ready: 0, restarts: 0, sidecarRestarts: 0 };
  let lastRestart: string | undefined;
  let sidecarLastRestart: string | undefined;
  for (const [index, status] of recordsAt(pod, 'status', 'initContainerStatuses').entries()) {
    const restarts = numberAt(status, 'restartCount') ?? 0;
    counts.restarts += restarts;
    lastRestart = later(lastRestart, endedAt(status));
    const sidecar = sidecars.has(status['name']);
    if (sidecar) {
      counts.sidecarRestarts += restarts;
      sidecarLastRestart = later(sidecarLastRestart, endedAt(status));
    }
    if (at(status, 'state', 'terminated', 'exitCode') === 0) continue;
    if (sidecar && isTrueAt(status, 'started')) {
      if (isTrueAt(status, 'ready')) counts.ready += 1;
      continue;
    }
    const text = `Init:${initState(status, index, containers.length)}`;
    return { ...counts, lastRestart, sidecarLastRestart, status: text, initializing: true };
  }
  return { ...counts, lastRestart, sidecarLastRestart, status: phase, initializing: false };
}

function initState(status: Fields, index: number, total: number): string {
  const terminated = fieldsAt(status, 'state', 'terminated');
  if (terminated) return endReason(terminated);
  const waiting = textAt(status, 'state', 'waiting', 'reason') ?? '';
  return waiting === '' || waiting === 'PodInitializing' ? `${index}/${total}` : waiting;
}

function endReason(terminated: Fields): string {
  const reason = textAt(terminated, 'reason') ?? '';
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

function summarizeContainers(pod: KubeObject, init: InitSummary): Omit<Summary, 'total'> {
  let { ready, status } = init;
  let restarts = init.sidecarRestarts;
  let lastRestart = init.sidecarLastRestart;
  let running = false;
  // The first container's trouble outweighs the last one's.
  for (const one of recordsAt(pod, 'status', 'containerStatuses').toReversed()) {
    restarts += numberAt(one, 'restartCount') ?? 0;
    lastRestart = later(lastRestart, endedAt(one));
    const waiting = textAt(one, 'state', 'waiting', 'reason') ?? '';
    const terminated = fieldsAt(one, 'state', 'terminated');
    if (waiting !== '') status = waiting;
    else if (terminated) status = endReason(terminated);
    else if (isTrueAt(one, 'ready') && at(one, 'state', 'running') !== undefined) {
      running = true;
      ready += 1;
    }
  }
  if (status === 'Completed' && running) status = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  return { ready, status, restarts, lastRestart };
}

function endedAt(status: Fields): string | undefined {
  return textAt(status, 'lastState', 'terminated', 'finishedAt');
}

function later(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Date.parse(left) < Date.parse(right) ? right : left;
}
