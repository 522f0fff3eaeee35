import { isTrueAt, numberAt, textAt } from '../store/field.js';
import { type KubeObject, timestamp } from '../store/object.js';
import { claimPods } from './claim.js';
import { createObject, deleteObject, updateStatus } from './client.js';
import { conditionOf, timedCondition } from './conditions.js';
import {
  type Controller,
  type ControllerContext,
  getByKey,
  startController,
  watchControlled,
  watchOwn,
} from './controller.js';
import * as kinds from './kinds.js';
import { type Pod, isActive, timeOf } from './pod.js';
import { podFromTemplate } from './pod-template.js';

const source = 'job-controller';

/**
 * Runs the pods of each batch/v1 Job until enough have succeeded. Indexed completion, deadlines and pod failure policies
 * are not looked at.
 */
export function startJobs(context: ControllerContext): Controller {
  const { store } = context;
  return startController(context, {
    name: 'jobs',
    watches: [watchOwn(kinds.jobs), watchControlled(kinds.pods, kinds.jobs)],
    reconcile: (key, later) => {
      const job = getByKey(store, kinds.jobs, key);
      if (!job || job.metadata.deletionTimestamp !== undefined) return;
      if (isFinished(job)) return expire(context, job, later);
      const progress = progressOf(job, claimPods(context, job));
      balance(context, job, progress);
      reportStatus(context, job, progress);
    },
  });
}

interface JobProgress {
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  /** How many pods are to run now. */
  readonly wanted: number;
  readonly end: 'Complete' | 'Failed' | undefined;
}

function progressOf(job: KubeObject, pods: readonly Pod[]): JobProgress {
  const active = pods.filter(isActive);
  const succeeded = pods.filter(({ phase }) => phase === 'Succeeded').length;
  const failed = pods.filter(({ phase }) => phase === 'Failed').length;
  const parallelism = numberAt(job, 'spec', 'parallelism') ?? 1;
  // Without a number the Job is a work queue: after the first success no further pods start, and the last one ends it.
  const completions = numberAt(job, 'spec', 'completions');
  const left =
    completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded;
  const isFailed = failed > (numberAt(job, 'spec', 'backoffLimit') ?? 6);
  const isComplete = left <= 0 && (completions !== undefined || active.length === 0);
  return {
    active,
    succeeded,
    failed,
    wanted: isFailed || isComplete || isTrueAt(job, 'spec', 'suspend') ? 0 : Math.min(parallelism, left),
    end: isFailed ? 'Failed' : isComplete ? 'Complete' : undefined,
  };
}

function balance(
  { store, record }: ControllerContext,
  job: KubeObject,
  { active, wanted }: JobProgress,
): void {
  for (let count = active.length; count < wanted; count += 1) {
    const name = { prefix: `${job.metadata.name}-` };
    const pod = createObject(store, kinds.pods, podFromTemplate({ owner: job, name }));
    record(job, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}`, source });
  }
  for (const pod of active.slice(wanted)) {
    deleteObject(store, kinds.pods, pod.object);
    record(job, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.name}`, source });
  }
}

function reportStatus(
  { store, clock, record }: ControllerContext,
  job: KubeObject,
  progress: JobProgress,
): void {
  const { active, succeeded, failed, end } = progress;
  const now = timestamp(new Date(clock.now()));
  updateStatus(store, kinds.jobs, job, {
    startTime: textAt(job, 'status', 'startTime') ?? now,
    active: end === undefined ? active.length : 0,
    ready: end === undefined ? active.filter(({ ready }) => ready).length : 0,
    succeeded,
    failed,
    terminating: 0,
    uncountedTerminatedPods: {},
    ...(end !== undefined && { conditions: endConditions(job, end, now) }),
    ...(end === 'Complete' && { completionTime: now }),
  });
  if (end === 'Complete') record(job, { reason: 'Completed', message: 'Job completed', source });
  if (end === 'Failed')
    record(job, { type: 'Warning', reason: 'BackoffLimitExceeded', message: failedMessage, source });
}

const failedMessage = 'Job has reached the specified backoff limit';

function endConditions(job: KubeObject, end: 'Complete' | 'Failed', now: string): readonly unknown[] {
  const reason = end === 'Failed' ? 'BackoffLimitExceeded' : 'CompletionsReached';
  const message = end === 'Failed' ? failedMessage : 'Reached expected number of succeeded pods';
  const types = end === 'Failed' ? ['FailureTarget', 'Failed'] : ['SuccessCriteriaMet', 'Complete'];
  return types.map((type) => ({
    ...timedCondition(job, { type, status: 'True', reason, message }, now),
    lastProbeTime: now,
  }));
}

function isFinished(job: KubeObject): boolean {
  return ['Complete', 'Failed'].some((type) => conditionOf(job, type)?.['status'] === 'True');
}

/** A finished Job stays to be read, unless it says for how long. */
function expire(
  { store, clock }: ControllerContext,
  job: KubeObject,
  later: (delayMs: number) => void,
): void {
  const ttlSeconds = numberAt(job, 'spec', 'ttlSecondsAfterFinished');
  if (ttlSeconds === undefined) return;
  const ended = conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed');
  const waitMs = timeOf(textAt(ended, 'lastTransitionTime')) + ttlSeconds * 1_000 - clock.now();
  if (waitMs > 0) later(waitMs);
  else deleteObject(store, kinds.jobs, job, { propagationPolicy: 'Background' });
}
