import { type Fields, fieldsAt, recordsAt, textAt } from '../store/field.js';
import { type KubeObject, timestamp } from '../store/object.js';
import { timedCondition } from './conditions.js';

/** How far a pod on a node has come. */
export type PodStage = 'starting' | 'running' | 'ready' | 'succeeded' | 'failed';

export interface PodOnNode {
  readonly pod: KubeObject;
  readonly stage: PodStage;
  readonly ip: string;
  readonly hostIp: string;
  readonly nowMs: number;
  /** The statuses of containers that are known better than by the stage, by name. */
  readonly containers?: ReadonlyMap<string, Fields>;
}

/** The status a kubelet would report. Times that the present status gives stay. */
export function podStatus(options: PodOnNode): Fields {
  const { pod, stage, ip, hostIp, nowMs } = options;
  const now = timestamp(new Date(nowMs));
  const initialized = stage !== 'starting' || recordsAt(pod, 'spec', 'initContainers').length === 0;
  const initStatuses = containerStatuses(options, 'initContainers', 'initContainerStatuses', now);
  const statuses = containerStatuses(options, 'containers', 'containerStatuses', now);
  return {
    ...fieldsAt(pod, 'status'),
    phase: phases[stage],
    conditions: conditions(pod, stage, unready(statuses), initialized, now),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: textAt(pod, 'status', 'startTime') ?? now,
    ...(initStatuses.length > 0 && { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
  };
}

const phases: Readonly<Record<PodStage, string>> = {
  starting: 'Pending',
  running: 'Running',
  ready: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
};

function conditions(
  pod: KubeObject,
  stage: PodStage,
  unreadyNames: readonly string[],
  initialized: boolean,
  now: string,
): readonly Fields[] {
  const hasEnded = stage === 'succeeded' || stage === 'failed';
  const unready = hasEnded
    ? { reason: stage === 'succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${unreadyNames.join(' ')}]`,
      };
  const readiness =
    stage === 'ready' ? ({ status: 'True' } as const) : ({ status: 'False', ...unready } as const);
  return [
    timedCondition(pod, { type: 'PodReadyToStartContainers', status: hasEnded ? 'False' : 'True' }, now),
    timedCondition(pod, { type: 'Initialized', status: initialized ? 'True' : 'False' }, now),
    timedCondition(pod, { type: 'Ready', ...readiness }, now),
    timedCondition(pod, { type: 'ContainersReady', ...readiness }, now),
    timedCondition(pod, { type: 'PodScheduled', status: 'True' }, now),
  ];
}

function unready(statuses: readonly Fields[]): readonly string[] {
  return statuses.filter(({ ready }) => ready !== true).map((status) => textAt(status, 'name') ?? '');
}

function containerStatuses(
  { pod, stage, containers }: PodOnNode,
  field: 'containers' | 'initContainers',
  statusField: string,
  now: string,
): readonly Fields[] {
  const present = recordsAt(pod, 'status', statusField);
  return recordsAt(pod, 'spec', field).map((container) => {
    const name = textAt(container, 'name') ?? '';
    const known = containers?.get(name);
    if (known) return known;
    const image = textAt(container, 'image') ?? '';
    const state = fieldsAt(
      present.find((one) => one['name'] === name),
      'state',
    );
    // A plain init container has ended by the time the others run; one that is always restarted is a sidecar.
    const endsFirst = field === 'initContainers' && container['restartPolicy'] !== 'Always';
    const runs = (stage === 'running' || stage === 'ready') && !endsFirst;
    return {
      name,
      image,
      imageID: image,
      containerID: `sandbox://${pod.metadata.uid ?? ''}/${name}`,
      restartCount: 0,
      started: runs,
      ready: endsFirst ? stage !== 'starting' : stage === 'ready' || (runs && containers !== undefined),
      state: containerState(stage === 'starting' ? 'waiting' : runs ? 'running' : 'ended', pod, state, now),
      lastState: {},
    };
  });
}

function containerState(
  phase: 'waiting' | 'running' | 'ended',
  pod: KubeObject,
  present: Fields | undefined,
  now: string,
): Fields {
  const startedAt =
    textAt(present, 'running', 'startedAt') ?? textAt(present, 'terminated', 'startedAt') ?? now;
  switch (phase) {
    case 'waiting': {
      const hasInit = recordsAt(pod, 'spec', 'initContainers').length > 0;
      return { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } };
    }
    case 'running':
      return { running: { startedAt } };
    case 'ended': {
      const finishedAt = textAt(present, 'terminated', 'finishedAt') ?? now;
      return { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt } };
    }
  }
}
